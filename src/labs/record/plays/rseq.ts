import { HOST_MACHINE } from "../../../core/machine/index.ts";
import { PAGE_SIZE } from "../../../core/shim/auxiliary_vector.ts";
import { hex } from "../../../lib/errors.ts";
import { expectRseq } from "../examine.ts";
import { inWords } from "../lesson_text.ts";
import { dumpNoCore } from "../precautions.ts";
import type { Acts } from "./play.ts";

/** What glibc registers. */
const AREA_LENGTH = 32;

export const play: Acts<"rseq"> = (scene, say) => {
  const { recorder, tracer } = scene;
  const actor = scene.rest("master", "the first stub", { memory: true, omit: ["rseq"] });
  const { stub } = actor;
  if (expectRseq(stub.thread).address === 0n) {
    stub.call("rseq", stub.map(PAGE_SIZE), AREA_LENGTH, 0, HOST_MACHINE.rseqSignature);
    recorder.observe(say("no-area"));
  }
  const { address, length, signature } = expectRseq(stub.thread);
  const area = hex(address);
  const asked = say.parts("area", { length, area });
  actor.requested("PTRACE_GET_RSEQ_CONFIGURATION", asked.why, {
    address: 24n,
    data: `[{${area}, ${length}, ${hex(BigInt(signature))}}]`,
    result: 24n,
    observer: asked.observer,
  });
  // On another processor the kernel would update the area for that reason alone.
  recorder.observe(say("bound"));
  // A lesson leaves no file.
  dumpNoCore(stub);
  const end = BigInt(tracer.host.stubAddress);
  actor.setRegisters(actor.frame("munmap", 0, end), say("unmap.frame", { end: hex(end) }));
  const { step } = actor.step({ why: say("unmap.executed") });

  // Where it is resumed last, and when.
  const last = (place: string) => ({ place, rip: hex(actor.rip), at: performance.now() });
  let from = last("munmap");
  actor.resume(say("resumed"));
  const first = stub.thread.wait();
  // It depends on the kernel whether the stub gets to its INT3.
  const rests = first.signal === tracer.host.constant("SIGTRAP");
  const told = rests ? say.parts("rests") : say.parts("faults");
  actor.waited(actor.stopped(first, told.stop), told.wait);
  if (rests) {
    from = last("INT3");
    actor.resume(say("again.resumed"));
    actor.awaitStop(say("again.stop"));
  }
  const took = Math.round((performance.now() - from.at) * 1000);
  const { code, address: fault } = actor.signalInfo();
  const kernel = tracer.host.constant("SI_KERNEL");
  const name = code === kernel ? "SI_KERNEL" : code;
  actor.getSignalInfo(say("info", { code: name, address: hex(fault), took }));
  scene.check(inWords(`RIP at the SIGSEGV: after the ${from.place}`), from.rip, hex(actor.rip));
  scene.check("si_code", `${kernel}`, `${code}`);
  scene.check("si_addr", "0x0", hex(fault));
  actor.resume(say("suppressed.resumed"));
  actor.awaitStop(say("suppressed.stop"));
  scene.check(inWords("resumed without the signal: RIP"), from.rip, hex(actor.rip));
  actor.resume(say("delivered.resumed"), "SIGSEGV");
  const how = actor.awaitEnd(say("delivered.stop", { step: step + 1 }));
  scene.check("the stub's end", "killed by SIGSEGV", how);
  scene.check("the stub's process", "gone", recorder.view(stub.pid) ? "there" : "gone");

  // One that has unregistered the area survives the same.
  const other = tracer.createStub();
  other.scrub();
  const registered = hex(expectRseq(other.thread).address);
  scene.check("a stub with the full set-up: its rseq area", "0x0", registered);
  scene.check("it is scrubbed, and alive: getpid", `${other.pid}`, `${other.call("getpid")}`);
};
