import { parseFlags } from "../../../core/encoder/names.ts";
import { HOST_MACHINE } from "../../../core/machine/index.ts";
import { PAGE_SIZE } from "../../../core/shim/auxiliary_vector.ts";
import type { Acting } from "../acting.ts";
import type { Actor } from "../actor.ts";
import { NAMES } from "../arch.ts";
import { LIFE, limitLife } from "../precautions.ts";
import type { Scene } from "../scene.ts";

const { PC, RESULT, TRAP } = NAMES;

/** Where the guest's code lies. */
const CODE = 0x10000n;

/** Why each instruction of the guest is there. */
const REASONS = {
  loop_begin: [
    "The guest counts: it is a program in an endless loop.",
    "It makes no system call, and does not fault. Only a signal, or the kernel, can stop it.",
  ],
};

/** The processes of the lessons in which a tracer dies. Their parent is the tracer, and then the keeper. */
export interface Orphans {
  readonly keeper: Acting;
  /** Stubs that get no signal when their parent dies: a guest loops in one, the other rests at its INT3. */
  readonly guest: Actor;
  readonly idle: Actor;
}

/** Makes two stubs that another stub traces, with these options, and kills that one. */
export function killTracer(scene: Scene, options: readonly string[], why: string): Orphans {
  const { recorder } = scene;
  recorder.observe(
    "Usually the host is the tracer. Here the tracer is a stub, which the host makes call ptrace by injection. So the " +
      "tracer can be killed, and the host can report that.",
  );
  recorder.observe(
    `The kernel kills guest and idle stub after ${LIFE.seconds} s, or after ${LIFE.processorSeconds} s of processor time, and they dump no ` +
      "core. So no process and no file is left if the recorder is killed during this lesson.",
  );
  const keeper = scene.keeper();
  const tracer = scene.act(
    "tracer",
    "a stub that traces the others: the host injects each of its calls",
    keeper.stub.createStub(),
  );
  const [first, second] = [tracer.stub.createStub(), tracer.stub.createStub()];
  for (const stub of [first, second]) limitLife(stub);
  const guest = scene.enlist("guest", "a stub in which a guest loops", first);
  const idle = scene.enlist("idle", `a stub at its ${TRAP}`, second);

  loadGuest(scene, guest);
  const clear = [scene.tracer.flag("PR_SET_PDEATHSIG"), 0n];
  guest.callBriefly(
    "prctl",
    clear,
    "It cancels the signal at its parent's end. The kernel cancels that signal, too, when a process changes its user or " +
      "its capabilities, so this protection can be lost by accident.",
  );
  idle.callBriefly("prctl", clear, `The other stub, which rests at its ${TRAP}, cancels it, too.`);
  const { frame } = scene.tracer;
  frame.copyFrom(guest.stub.thread.initial);
  frame.set(HOST_MACHINE.instructionPointer, CODE);
  guest.setRegisters(
    frame,
    `The guest's registers: ${PC} is at the loop, and ${RESULT} is 0. The host still traces it.`,
  );
  guest.step();
  guest.step();

  const handOver = (each: Actor) => {
    const traced = scene.handOver(each, tracer);
    traced.look(
      `process ${tracer.stub.pid} is its tracer`,
      "The host has detached from it, and the tracer, its parent, has attached to it.",
    );
    return traced;
  };
  const [tracedGuest, tracedIdle] = [handOver(guest), handOver(idle)];
  tracedGuest.request("PTRACE_SETOPTIONS", why, { names: options });
  tracedIdle.request("PTRACE_SETOPTIONS", "The same options for the other.", { names: options });
  tracedGuest.resume(
    "The guest is resumed. (A platform uses PTRACE_SYSEMU here. For a guest that makes no system call that is the same.)",
  );
  tracedGuest.until(({ state }) => state === "R");
  tracedGuest.look("it runs", "Its state is R: it runs on a processor, or waits for one.");

  const dying = scene.actor("tracer", tracer.stub);
  dying.signal(
    "SIGKILL",
    "The tracer is killed, as by `kill -9`, or by the kernel if memory runs out. It executes no further instruction, and " +
      "so cannot clean up.",
  );
  const how = dying.awaitEnd({
    stop:
      "As the process ends, the kernel detaches its tracees, each according to its options, and gives its children " +
      "another parent.",
    wait: "wait4 reports the tracer's end to the host. The kernel has detached its tracees by then.",
  });
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
  stub.write(CODE, scene.loadGuest("loop", CODE, REASONS));
}
