import { hex, StateError } from "../../errors.ts";
import { readProcess } from "../../stub/proc.ts";
import { Tracer } from "../../stub/tracer.ts";
import type { TracingThread } from "../../stub/tracing_thread.ts";
import { attachWatched, awaitSelfStop } from "../birth.ts";
import { callTitle } from "../calls.ts";
import type { WatchedStub } from "../fork.ts";
import { injectWatched } from "../injection.ts";
import { awaitProcess } from "../kernel_view.ts";
import type { Recorder } from "../recorder.ts";
import type { Scenario } from "../scenario.ts";
import { addStubCode } from "../stub_code.ts";
import type { Tracee } from "../tracee.ts";
import { forkUnseen } from "../unseen.ts";

/** All signals but SIGKILL and SIGSTOP. */
const ALL = 0xffff_ffff_fffb_feffn;

/** <linux/ptrace.h>; the size of a set is its address, the set its data. */
const PTRACE_SETSIGMASK = 0x420b;
const SET_BYTES = 8;

export const blockedSignals: Scenario = {
  title: "Blocked signals: what a child inherits without asking",
  introduction: [
    "The host blocks all signals while it clones a stub, so that no handler of Node.js runs in the child. A child inherits " +
      "the mask of the thread that cloned it, and so it is born with everything blocked. The last step of its set-up is " +
      "to unblock all of it again.",
    "Here that step is left out. The birth succeeds. SIGSTOP cannot be blocked, so the stub stops itself, and PTRACE_ATTACH " +
      "works; an INT3 stops it as ever. Nothing fails, for now.",
    "A blocked signal is not lost. It is pending, and comes when it is unblocked. For a tracer that means: no stop. And a " +
      "signal is the only way to stop a thread that runs. gVisor interrupts a guest by SIGCHLD, which is harmless by " +
      "default, and stops a traced thread all the same.",
    "Two stubs are born, one with the mistake and one without. Both are put to sleep in a system call, and both get that signal.",
  ],

  record(recorder) {
    using tracer = new Tracer({ encoder: recorder.encoder });
    addStubCode(recorder, tracer);
    recorder.addLane("host", "the Node.js process; its main thread is the tracer", process.pid);
    const stub = born(recorder, tracer, "stub");
    const control = born(recorder, tracer, "control");
    lookAtTrap(recorder, stub);
    interruptBoth(recorder, stub, control);
    inherit(recorder, stub);
    unblock(recorder, stub);
    recorder.check("the control: signals blocked", "0x0", blockedBy(control));
    recorder.check("the stub lives: getpid", `${stub.stub.pid}`, `${stub.stub.call("getpid")}`);
  },
};

function blockedBy({ stub }: WatchedStub): string {
  return hex(readProcess(stub.pid).blocked);
}

function born(recorder: Recorder, tracer: Tracer, lane: "stub" | "control"): WatchedStub {
  const faulty = lane === "stub";
  const child = forkUnseen(recorder, tracer, {
    lane,
    role: faulty ? "a stub that was never unmasked" : "a stub as it should be",
    omit: faulty ? ["unmask"] : [],
    why: faulty
      ? "All signals are blocked in the host at this moment, and the child has a copy of that mask."
      : "The same, but this child will unblock its signals.",
    stopped: faulty
      ? "It has come through the stub code to its self-stop. Blocked is 0xfffffffffffbfeff: 62 bits, all but those of SIGKILL " +
        "(0x100) and SIGSTOP (0x40000), which the kernel never lets anybody block."
      : "Blocked is 0: the set-up has unblocked everything.",
  });
  if (faulty)
    recorder.check("the stub at its self-stop: signals blocked", hex(ALL), blockedBy(child));
  awaitSelfStop(child.tracee, child.stopped);
  attachWatched(child.tracee);
  return child;
}

/** An INT3 with SIGTRAP blocked. */
function lookAtTrap(recorder: Recorder, stub: WatchedStub): void {
  const trap = stub.stub.tracer.encoder.signalSet(stub.stub.tracer.constant("SIGTRAP"));
  injectWatched(stub.tracee, {
    call: "getpid",
    frame:
      "A first injected call, getpid, in the stub with the blocked signals. It ends at an INT3, which raises SIGTRAP, and SIGTRAP is blocked.",
    before: () =>
      recorder.ask({
        text: "SIGTRAP is blocked. The stub comes to its INT3. What happens?",
        choices: [
          "The signal stays pending, and the stub runs on behind the INT3, for ever",
          "The stub stops for its tracer as ever, and SIGTRAP is not blocked any more",
          "The kernel kills it",
        ],
        answer: 1,
        because:
          "An instruction that raises a signal cannot wait for a better moment. The kernel forces such signals: it unblocks them first. " +
          "(Untraced, the process would then die of it, even had it a handler.)",
      }),
    answer:
      "The call was executed. Blocked lacks one more bit now, 0x10, SIGTRAP: the kernel has unblocked it, and leaves it so. Signals that " +
      "others send are not forced.",
  });
  recorder.check("after its INT3: signals blocked", hex(ALL & ~trap), blockedBy(stub));
}

function interruptBoth(recorder: Recorder, stub: WatchedStub, control: WatchedStub): void {
  const { tracer } = stub.stub;
  for (const each of [stub, control]) fallAsleep(each);
  const sent = [control, stub].map((each) => sendBell(each));
  recorder.ask({
    text: "Both stubs sleep in pause(), and both were sent SIGCHLD. The host waits for each to stop. What does it hear?",
    choices: [
      "Of both: a traced thread stops at every signal",
      "Of the control only",
      "Of neither: SIGCHLD is ignored by default",
    ],
    answer: 1,
    because:
      "A signal stops a traced thread when it is taken, and a blocked one is not taken. That it would be ignored does not matter: " +
      "for a traced thread the tracer decides that, so it is queued.",
  });
  const { length } = recorder;
  control.tracee.awaitStop({
    stop: "The signal wakes it, and stops it for its tracer. RAX is -514, ERESTARTNOHAND, the kernel's own: pause was interrupted.",
    wait: "The bell was heard: the host has the thread back.",
  });
  recorder.arrow("signal", sent[0] ?? 0, length, "SIGCHLD");
  const deaf = tracer.shim.wait(stub.stub.pid, tracer.waitAll, 100_000, tracer.status);
  const { state, pending } = readProcess(stub.stub.pid);
  recorder.step({
    lane: stub.tracee.lane,
    kind: "note",
    title: `100 ms later ${stub.stub.pid} still sleeps`,
    why:
      "State S, and SIGCHLD (0x10000) is pending. It does not wake, and the host hears nothing. Were this a guest in a loop, the host " +
      "could not get the thread back by it.",
    kernel: recorder.view(stub.stub.pid),
  });
  const bell = tracer.encoder.signalSet(tracer.constant("SIGCHLD"));
  recorder.check("SIGCHLD stops the one with blocked signals", "no", deaf === 0 ? "no" : "yes");
  recorder.check("its state 100 ms later", "S", state);
  recorder.check("its pending signals", hex(bell), hex(pending));
  stopByForce(recorder, stub.tracee);
}

/** Resumes a stub into pause(). */
function fallAsleep({ stub, tracee }: WatchedStub): void {
  const { tracer, thread } = stub;
  const { encoder, frame } = tracer;
  const number = tracer.syscallNumber("pause");
  encoder.encodeSyscall(frame.offset, thread.initial.offset, number, 0n, 0n, 0n, 0n, 0n, 0n);
  tracee.setRegisters(
    frame,
    "pause(): it sleeps until a signal is taken. It stands for a guest that does not come back.",
  );
  for (;;) {
    tracee.request("PTRACE_CONT", "The stub goes to sleep.");
    if (awaitSleep(stub.pid, tracer)) return;
    tracee.awaitStop({
      stop: "SIGSTOP: the one that PTRACE_ATTACH had sent. The first resume after an attach always meets it.",
      wait: "It is resumed once more.",
    });
  }
}

/** Waits until a stub sleeps; false where it is stopped instead. */
function awaitSleep(pid: number, { deadline }: TracingThread): boolean {
  awaitProcess(pid, ({ state }) => state === "S" || state === "t", deadline);
  return readProcess(pid).state === "S";
}

/** The signal that is to interrupt; answers its step. */
function sendBell({ stub, tracee }: WatchedStub): number {
  const { tracer, pid } = stub;
  const signal = tracer.constant("SIGCHLD");
  return tracee.signal(signal, `The host rings: SIGCHLD for ${pid}, to get the thread back.`);
}

function stopByForce(recorder: Recorder, tracee: Tracee): void {
  const { tracer } = tracee.thread;
  const sent = tracee.signal(
    tracer.constant("SIGSTOP"),
    "SIGSTOP cannot be blocked. It is the last resort, beside SIGKILL.",
  );
  const { length } = recorder;
  tracee.awaitStop({
    stop: "That one comes through. SIGCHLD is pending still.",
    wait: "The host has the thread back after all.",
  });
  recorder.arrow("signal", sent, length, "SIGSTOP");
}

/** A mask is passed on. */
function inherit(recorder: Recorder, { stub }: WatchedStub): void {
  const before = hex(readProcess(stub.pid).blocked);
  recorder.ask({
    text: "The stub with the blocked signals is made to clone another. What is blocked in that one?",
    choices: ["Nothing: a new process begins afresh", "The same as in its parent", "Everything"],
    answer: 1,
    because:
      "A clone copies the mask, as it copies the registers. A grandchild has no set-up of its own that could mend it: whatever " +
      "the first stub has got wrong, all stubs have wrong.",
  });
  const grandchild = stub.createStub();
  recorder.addLane(
    "grandchild",
    "a stub that the one with the blocked signals has cloned",
    grandchild.pid,
  );
  recorder.step({
    lane: "grandchild",
    kind: "note",
    title: `stub ${grandchild.pid} is born, and blocks the same`,
    why: 'It was cloned by injection, which the lesson "grandchild" shows. Its mask is its parent\'s.',
    kernel: recorder.view(grandchild.pid),
  });
  recorder.check(
    "the grandchild: signals blocked",
    before,
    hex(readProcess(grandchild.pid).blocked),
  );
}

/** The tracer can mend it. */
function unblock(recorder: Recorder, { stub, tracee }: WatchedStub): void {
  const { tracer, pid } = stub;
  if (tracer.shim.ptraceMemory(PTRACE_SETSIGMASK, pid, SET_BYTES, new Uint8Array(SET_BYTES)) < 0) {
    throw new StateError(`the signal mask of stub ${pid} cannot be set`);
  }
  const call = {
    name: "ptrace",
    arguments: [
      { word: hex(BigInt(PTRACE_SETSIGMASK)), told: "PTRACE_SETSIGMASK" },
      { word: hex(BigInt(pid)), told: `${pid}` },
      { word: hex(BigInt(SET_BYTES)), told: `${SET_BYTES}` },
      { word: null, told: "[]" },
    ],
    result: { word: "0x0", told: "0" },
  };
  recorder.step({
    lane: "host",
    about: tracee.lane,
    kind: "ptrace",
    title: callTitle(call),
    why: "A tracer may change the mask of a thread that is stopped. This is the cure from outside; the set-up's rt_sigprocmask is the better one.",
    call,
    kernel: recorder.view(pid),
  });
  tracee.request("PTRACE_CONT", "The stub is resumed, out of its interrupted pause().");
  recorder.ask({
    text: "Nothing is blocked any more, and nobody sends anything. The stub is resumed. What stops it?",
    choices: ["Nothing: it sleeps in pause() again", "SIGCHLD", "The INT3"],
    answer: 1,
    because:
      "The signal was sent long ago, and has been pending ever since. Now it is taken at once, before the stub has executed " +
      "an instruction. (Of the same signal, one that was sent to the thread comes before one that was sent to the process.)",
  });
  const stop = tracee.awaitStop({
    stop: "The bell, at last. Nothing is blocked. One more SIGCHLD is pending: the stub was sent it as its child, the grandchild, stopped itself.",
    wait: "The host hears of a signal that it had sent long before.",
  });
  const { blocked } = readProcess(pid);
  recorder.check("unblocked: what stops it", "SIGCHLD", tracer.signalName(stop.signal));
  recorder.check("unblocked: signals blocked", "0x0", hex(blocked));
}
