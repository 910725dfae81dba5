import type { RegisterBlock } from "../../../core/encoder/block.ts";
import { HOST_MACHINE } from "../../../core/machine/index.ts";
import { hex } from "../../../lib/errors.ts";
import type { Actor } from "../actor.ts";
import type { Said } from "../said.ts";
import type { StopTelling } from "../telling.ts";
import type { Acts } from "./play.ts";

/** -ERESTARTSYS (include/linux/errno.h), internal to the kernel: the call must be restarted. */
const RESTART = -512n;
/** No system call is under way. */
const NO_CALL = -1n;
/** How far the kernel goes back. */
const BACK = BigInt(HOST_MACHINE.syscallLength);

export const play: Acts<"stale-orig-rax"> = (scene, say) => {
  scene.recorder.observe(say("observed"));
  const stub = scene.rest("master", "the first stub");
  const { pid } = stub;
  const run = (block: RegisterBlock, told: StopTelling & Record<"frame" | "resumed", Said>) => {
    stub.setRegisters(block, told.frame);
    stub.resume(told.resumed);
    stub.awaitStop(told);
  };

  run(frame(stub, NO_CALL), say.parts("control"));
  stub.getRegisters(say("control.registers"));

  const kill = stub.stub.thread.initial.get("orig_rax");
  const before = frame(stub, kill);
  const [rip, back] = [hex(before.get("rip")), hex(before.get("rip") - BACK)];
  run(before, say.parts("stale", { stale: kill, rip, back }));
  const fault = hex(stub.signalInfo().address);
  stub.getSignalInfo(say("fault", { address: fault }));
  scene.check("stale orig_rax: the stub faults at", "0x3e", fault);
  scene.check("stale orig_rax: its RIP, two bytes back", back, hex(stub.rip));

  const getpid = scene.tracer.host.flag("SYS_getpid");
  const after = frame(stub, getpid, true);
  const at = hex(after.get("rip"));
  const restart = say.parts("restart", { stale: getpid, pid });
  stub.setRegisters(after, restart.frame);
  stub.request("PTRACE_SYSCALL", restart.resumed);
  stub.awaitStop(restart.entry);
  const { orig_rax: made } = stub.registers();
  scene.check("after the SYSCALL: the call that is made", `${getpid}`, `${made}`);
  scene.check("after the SYSCALL: RIP, at the same address again", at, hex(stub.rip));
  stub.request("PTRACE_SYSCALL", restart.leave);
  stub.awaitStop(restart.exit);
  scene.check("after the SYSCALL: RAX", `${pid}`, `${stub.registers().rax}`);
  stub.stepToRest();

  run(frame(stub, NO_CALL, true), say.parts("spared"));
  stub.getRegisters(say("spared.registers"));
  const { rax = 0n } = stub.registers();
  scene.check("with orig_rax = -1: RAX", `${RESTART}`, `${BigInt.asIntN(64, rax)}`);

  const telling = say.parts("getpid", { encoder: scene.recorder.encoder.name });
  const { value } = stub.call("getpid", [], telling);
  scene.check("the stub is alive: getpid, injected", `${pid}`, `${value}`);
};

/** The frame of a call with the number -512, and with this orig_rax; with RIP after the SYSCALL if that is made already. */
function frame(stub: Actor, original: bigint, made = false): RegisterBlock {
  const registers = stub.frame(RESTART);
  registers.set("orig_rax", original);
  if (made) registers.set("rip", registers.get("rip") + BACK);
  return registers;
}
