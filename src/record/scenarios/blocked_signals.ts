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

/** All signals except SIGKILL and SIGSTOP. */
const ALL = 0xffff_ffff_fffb_feffn;

/** <linux/ptrace.h>; the size of a set is its address, the set its data. */
const PTRACE_SETSIGMASK = 0x420b;
const SET_BYTES = 8;

export const blockedSignals: Scenario = {
  title: "Blocked signals: what a child inherits",
  introduction: [
    "The host blocks all signals while it clones a stub, so that no handler of Node.js runs in the child. A child " +
      "inherits the mask of the thread that cloned it, so it is born with everything blocked. The last step of its " +
      "set-up unblocks all signals.",
    "Here that step is omitted. The birth succeeds. SIGSTOP cannot be blocked, so the stub stops itself, and " +
      "PTRACE_ATTACH works; an INT3 stops it as usual. Nothing fails yet.",
    "A blocked signal is not lost. It is pending, and is delivered when it is unblocked. Until then it does not stop " +
      "a traced thread, and a signal is the only way to stop a thread that runs. gVisor interrupts a guest with " +
      "SIGCHLD, which is harmless by default but stops a traced thread.",
    "Two stubs are born, one with the mistake and one without. Both sleep in a system call, and both get that signal.",
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
    recorder.check("the stub is alive: getpid", `${stub.stub.pid}`, `${stub.stub.call("getpid")}`);
  },
};

function blockedBy({ stub }: WatchedStub): string {
  return hex(readProcess(stub.pid).blocked);
}

function born(recorder: Recorder, tracer: Tracer, lane: "stub" | "control"): WatchedStub {
  const faulty = lane === "stub";
  const child = forkUnseen(recorder, tracer, {
    lane,
    role: faulty ? "a stub that was never unmasked" : "a stub with the full set-up",
    omit: faulty ? ["unmask"] : [],
    why: faulty
      ? "All signals are blocked in the host at this moment, and the child gets a copy of that mask."
      : "The same, but this child will unblock its signals.",
    stopped: faulty
      ? "It has reached its self-stop. Blocked is 0xfffffffffffbfeff: 62 bits, all except SIGKILL (0x100) and SIGSTOP " +
        "(0x40000), which cannot be blocked."
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
        text: "SIGTRAP is blocked. The stub reaches its INT3. What happens?",
        choices: [
          "The signal stays pending, and the stub runs on after the INT3, forever",
          "The stub stops for its tracer as usual, and SIGTRAP is no longer blocked",
          "The kernel kills it",
        ],
        answer: 1,
        because:
          "A signal that an instruction raises cannot stay pending. The kernel forces it: it unblocks the signal first. (An " +
          "untraced process would then be killed by it, even if it had a handler.)",
      }),
    answer:
      "The call was executed. Blocked has lost the bit 0x10, SIGTRAP: the kernel has unblocked it, and leaves it " +
      "unblocked. Signals that a process sends are not forced.",
  });
  recorder.check("after its INT3: signals blocked", hex(ALL & ~trap), blockedBy(stub));
}

function interruptBoth(recorder: Recorder, stub: WatchedStub, control: WatchedStub): void {
  const { tracer } = stub.stub;
  for (const each of [stub, control]) fallAsleep(each);
  const sent = [control, stub].map((each) => sendBell(each));
  recorder.ask({
    text:
      "Both stubs sleep in pause(), and both were sent SIGCHLD. The host waits for each to stop. What does wait4 " +
      "report?",
    choices: [
      "Both: a traced thread stops at every signal",
      "Only the control",
      "Neither: SIGCHLD is ignored by default",
    ],
    answer: 1,
    because:
      "A signal stops a traced thread when it is dequeued, and a blocked signal is not dequeued. That SIGCHLD would be " +
      "ignored does not matter: for a traced thread the tracer decides that, so the signal is queued.",
  });
  const { length } = recorder;
  control.tracee.awaitStop({
    stop:
      "The signal wakes it, and stops it for its tracer. RAX is -514, ERESTARTNOHAND, an errno internal to the kernel: " +
      "pause was interrupted.",
    wait: "The interrupt worked: the host controls the thread again.",
  });
  recorder.arrow("signal", sent[0] ?? 0, length, "SIGCHLD");
  const deaf = tracer.shim.wait(stub.stub.pid, tracer.waitAll, 100_000, tracer.status);
  const { state, pending } = readProcess(stub.stub.pid);
  recorder.step({
    lane: stub.tracee.lane,
    kind: "note",
    title: `100 ms later ${stub.stub.pid} still sleeps`,
    why:
      "State S, and SIGCHLD (0x10000) is pending. It does not wake, and wait4 reports nothing. A guest in a loop could " +
      "not be interrupted in this way.",
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
    "pause(): it sleeps until a signal is delivered. It stands for a guest that does not return.",
  );
  for (;;) {
    tracee.request("PTRACE_CONT", "The stub goes to sleep.");
    if (awaitSleep(stub.pid, tracer)) return;
    tracee.awaitStop({
      stop: "SIGSTOP: the one that PTRACE_ATTACH has sent. The first resume after an attach always delivers it.",
      wait: "It is resumed once more.",
    });
  }
}

/** Waits until a stub sleeps; false if it is stopped instead. */
function awaitSleep(pid: number, { deadline }: TracingThread): boolean {
  awaitProcess(pid, ({ state }) => state === "S" || state === "t", deadline);
  return readProcess(pid).state === "S";
}

/** The signal that interrupts; returns its step. */
function sendBell({ stub, tracee }: WatchedStub): number {
  const { tracer, pid } = stub;
  const signal = tracer.constant("SIGCHLD");
  return tracee.signal(signal, `The host interrupts it: SIGCHLD for ${pid}, to regain the thread.`);
}

function stopByForce(recorder: Recorder, tracee: Tracee): void {
  const { tracer } = tracee.thread;
  const sent = tracee.signal(
    tracer.constant("SIGSTOP"),
    "SIGSTOP cannot be blocked. Besides SIGKILL it is the last resort.",
  );
  const { length } = recorder;
  tracee.awaitStop({
    stop: "This one is delivered. SIGCHLD is still pending.",
    wait: "The host controls the thread again.",
  });
  recorder.arrow("signal", sent, length, "SIGSTOP");
}

/** A mask is inherited. */
function inherit(recorder: Recorder, { stub }: WatchedStub): void {
  const before = hex(readProcess(stub.pid).blocked);
  recorder.ask({
    text: "The host makes the stub with the blocked signals clone another. Which signals are blocked in that one?",
    choices: ["None: a new process starts clean", "The same as in its parent", "Everything"],
    answer: 1,
    because:
      "A clone copies the mask, as it copies the registers. A grandchild has no set-up of its own that could correct " +
      "it: a mistake in the first stub is a mistake in all stubs.",
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
    title: `stub ${grandchild.pid} is born, with the same mask`,
    why: 'It was cloned by injection, which the lesson "grandchild" shows. Its mask is its parent\'s.',
    kernel: recorder.view(grandchild.pid),
  });
  recorder.check(
    "the grandchild: signals blocked",
    before,
    hex(readProcess(grandchild.pid).blocked),
  );
}

/** The tracer can correct it. */
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
    why:
      "A tracer may change the mask of a thread that is stopped. This corrects the mask from outside; the " +
      "rt_sigprocmask of the set-up is the better way.",
    call,
    kernel: recorder.view(pid),
  });
  tracee.request("PTRACE_CONT", "The stub is resumed, out of its interrupted pause().");
  recorder.ask({
    text: "No signal is blocked any more, and none is sent. The stub is resumed. What stops it?",
    choices: ["Nothing: it sleeps in pause() again", "SIGCHLD", "The INT3"],
    answer: 1,
    because:
      "The signal was sent earlier, and has been pending since. Now it is delivered at once, before the stub executes " +
      "an instruction. (A signal that was sent to the thread is dequeued before the same signal sent to the process.)",
  });
  const stop = tracee.awaitStop({
    stop:
      "The signal is delivered at last. Nothing is blocked. Another SIGCHLD is pending: the stub got it when its child, " +
      "the grandchild, stopped itself.",
    wait: "wait4 reports a signal that the host sent much earlier.",
  });
  const { blocked } = readProcess(pid);
  recorder.check("unblocked: what stops it", "SIGCHLD", tracer.signalName(stop.signal));
  recorder.check("unblocked: signals blocked", "0x0", hex(blocked));
}
