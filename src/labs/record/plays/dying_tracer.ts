import { HOST_MACHINE } from "../../../core/machine/index.ts";
import { PAGE_SIZE } from "../../../core/shim/auxiliary_vector.ts";
import { parseFlags } from "../../../lib/names.ts";
import type { Actor } from "../actor.ts";
import { common, inWords } from "../lesson_text.ts";
import { LIFE, limitLife } from "../precautions.ts";
import type { Said } from "../said.ts";
import type { Scene } from "../scene.ts";

/** Where the guest's code lies. */
const CODE = 0x10000n;

/**
 * Makes two stubs that another stub traces, with these options, and kills that one. A guest loops in one of the two, the
 * other rests at its INT3. Neither gets a signal when its parent dies, which is the tracer; after that it is the keeper.
 */
export function killTracer(scene: Scene, names: readonly string[], why: Said) {
  const { recorder } = scene;
  const { observed, ...told } = common.parts("dying-tracer", LIFE);
  recorder.observe(observed);
  recorder.observe(told.limited);
  const keeper = scene.keeper();
  const role = "a stub that traces the others: the host injects each of its calls";
  const tracer = scene.act("tracer", role, keeper.stub.createStub());
  const [first, second] = [tracer.stub.createStub(), tracer.stub.createStub()];
  for (const stub of [first, second]) limitLife(stub);
  const guest = scene.enlist("guest", "a stub in which a guest loops", first);
  const idle = scene.enlist("idle", inWords("a stub at its INT3"), second);

  loadGuest(scene, guest);
  const clear = [scene.tracer.host.flag("PR_SET_PDEATHSIG"), 0n];
  guest.callBriefly("prctl", clear, told.cancels);
  idle.callBriefly("prctl", clear, told["cancels-too"]);
  const { frame } = scene.tracer.host;
  frame.copyFrom(guest.stub.thread.initial);
  frame.set(HOST_MACHINE.instructionPointer, CODE);
  guest.setRegisters(frame, told.registers);
  guest.step({ why: told.counts });
  guest.step({ why: told.loops });

  const [tracedGuest, tracedIdle] = [scene.handOver(guest, tracer), scene.handOver(idle, tracer)];
  const title = `process ${tracer.stub.pid} is its tracer`;
  for (const each of [tracedGuest, tracedIdle]) each.look(title, told["handed-over"]);
  tracedGuest.request("PTRACE_SETOPTIONS", why, { names });
  tracedIdle.request("PTRACE_SETOPTIONS", told["options-too"], { names });
  tracedGuest.resume(told.resumed);
  tracedGuest.until(({ state }) => state === "R");
  tracedGuest.look("it runs", told.runs);

  const dying = scene.actor("tracer", tracer.stub);
  dying.signal("SIGKILL", told.kill);
  const how = dying.awaitEnd({ stop: told.ends, wait: told.reaped });
  scene.check("the tracer's end", "killed by SIGKILL", how);
  return { keeper, guest: guest.by(keeper), idle: idle.by(keeper) };
}

/** The guest's code, in a stub that has no other memory. */
function loadGuest(scene: Scene, { stub }: Actor): void {
  const { constants } = scene.recorder;
  const protection = parseFlags("PROT_READ|PROT_WRITE|PROT_EXEC", constants);
  const flags = parseFlags("MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED", constants);
  stub.scrub();
  stub.call("mmap", CODE, PAGE_SIZE, protection, flags, -1, 0);
  stub.write(CODE, scene.loadGuest("loop", CODE));
}
