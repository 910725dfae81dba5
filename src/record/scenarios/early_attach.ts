import { hex, StateError } from "../../errors.ts";
import { PAGE_SIZE } from "../../stub/amd64.ts";
import { takeInitialRegisters } from "../../stub/attach.ts";
import type { Stub } from "../../stub/stub.ts";
import { Tracer } from "../../stub/tracer.ts";
import { callTitle } from "../calls.ts";
import { cloneWatched } from "../clone.ts";
import type { WatchedStub } from "../fork.ts";
import { injectWatched } from "../injection.ts";
import { type Piece, Recorder } from "../recorder.ts";
import { tellRequest } from "../requests.ts";
import { restingStub } from "../resting.ts";
import type { Scenario } from "../scenario.ts";
import { isBeforeCall, step } from "../stepping.ts";
import { addStubCode } from "../stub_code.ts";
import { Tracee } from "../tracee.ts";

export const earlyAttach: Scenario = {
  title: "Attached too early: a stub at an arbitrary instruction",
  introduction: [
    "Why does a stub stop itself, and why does its parent wait for that before the tracer attaches? PTRACE_ATTACH " +
      "does not need it. It sends SIGSTOP, and stops any thread at any instruction.",
    '"Any instruction" is the problem. All later injections begin with the registers that the tracer finds at the ' +
      "attach: RIP must be right after the one SYSCALL that an INT3 follows, RBX must be 0, and the death signal must " +
      "have been requested. All of that is true only at the self-stop.",
    "There is a second problem: both stops are by SIGSTOP. One is the tracer's, the other the stub's own, and the " +
      "wait4 status is the same.",
    "Two stubs are cloned, and the host attaches to each on its way. With the first the host mistakes the stop for " +
      "the self-stop. With the second it only observes what follows.",
  ],

  record(recorder) {
    using tracer = new Tracer({ encoder: recorder.encoder });
    addStubCode(recorder, tracer);
    recorder.addLane("host", "the Node.js process; its main thread is the tracer", process.pid);
    recorder.observe(
      "An attach at an arbitrary time finds a stub at an arbitrary instruction. To make it the same instruction in " +
        "every recording, the observer steps the stub there, lets it run, and the host attaches at once. The stub shares " +
        "the host's processor, and yields to it (SCHED_BATCH). If the stub had run on nevertheless, another one was used.",
    );
    const master = restingStub(recorder, tracer);
    giveWay(master.stub);
    const how = mistake(recorder, master);
    const { first, second, told } = lookOn(recorder, master);
    recorder.check(
      "mistaken for the self-stop: the stub",
      `exited with status ${how.expected}`,
      how.seen,
    );
    recorder.check("the first SIGSTOP: si_code, from the kernel", "SI_KERNEL", first);
    recorder.check("the second SIGSTOP: si_code, from a process", "SI_USER", second);
    recorder.check("what the parent's wait4 reports of both", "nothing", told);
    recorder.check(
      "the master rests, and can clone again",
      hex(tracer.restAddress),
      hex(master.tracee.rip),
    );
  },
};

/** <linux/sched.h>: a process with this policy does not preempt another when it wakes. */
const SCHED_BATCH = 3;

/** Makes the host win the race: what the stub clones also yields to it. */
function giveWay(stub: Stub): void {
  // The stub's page ends in zeros: a priority of 0. If the call is refused, it takes more tries.
  stub.inject("sched_setscheduler", 0, SCHED_BATCH, stub.tracer.stubAddress + PAGE_SIZE - 8);
}

/** How often a stub that has run too far is replaced. */
const MOST_TRIES = 50;

/** Where a stub is shown. */
interface Shown {
  readonly lane: string;
  readonly role: string;
}

/** Clones a stub, and attaches to it right after its prctl; it is stopped then. */
function attachEarly(recorder: Recorder, { stub: master }: WatchedStub, shown: Shown): WatchedStub {
  for (let i = 0; i < MOST_TRIES; i++) {
    const pieces: Piece[] = [];
    const draft = new Recorder(recorder.encoder, (piece) => pieces.push(piece));
    addStubCode(draft, master.tracer);
    const { stub, tracee } = leadBehindPrctl(draft, master, shown);
    const { rip } = tracee;
    stub.thread.follow();
    letGoAndAttach(draft, tracee);
    if (tracee.rip === rip) {
      const { length } = recorder;
      for (const piece of pieces) {
        if (piece.kind !== "code") recorder.adopt(piece, (index) => length + index);
      }
      return { stub, tracee: new Tracee(recorder, shown.lane, stub.thread) };
    }
    stub.close();
  }
  throw new StateError(`no stub was attached in time, out of ${MOST_TRIES}`);
}

/** Clones a stub, and steps it until its prctl is done. */
function leadBehindPrctl(draft: Recorder, master: Stub, { lane, role }: Shown): WatchedStub {
  const child = cloneWatched(
    { stub: master, tracee: new Tracee(draft, "master", master.thread) },
    {
      lane,
      role,
      frame: 'The frame of a clone, with R15 and RBX for the child (lesson "grandchild").',
      why: "The child is created.",
      answer: "RAX is the pid of the child. Nothing says how far the child has run.",
      born: "RBX is 1: it marks a newly cloned child, and decides its path.",
    },
  );
  const { tracee } = child;
  for (let asked = false; !asked; ) {
    asked = isBeforeCall(tracee, "prctl");
    step(tracee);
  }
  return child;
}

/** The observer detaches, and the host attaches: nothing is recorded between the two, because the stub runs. */
function letGoAndAttach(draft: Recorder, tracee: Tracee): void {
  const { thread } = tracee;
  // Every microsecond counts: the stub needs only a few.
  const { shim } = thread.tracer;
  const detach = thread.tracer.constant("PTRACE_DETACH");
  const attach = thread.tracer.constant("PTRACE_ATTACH");
  shim.ptrace(detach, thread.tid, 0, 0);
  const result = shim.ptrace(attach, thread.tid, 0, 0);
  if (result < 0) {
    throw new StateError(`PTRACE_ATTACH failed with ${thread.tracer.errorName(-result)}`);
  }
  thread.state = "running";
  const stop = thread.wait();
  tell(
    draft,
    tracee,
    "PTRACE_DETACH",
    "The observer detaches, without a signal: the stub runs.",
    "It has stepped the stub to this point. In a real birth the stub is not traced yet.",
  );
  const request = tell(
    draft,
    tracee,
    "PTRACE_ATTACH",
    "The host attaches at once. Neither it nor the parent has waited for the self-stop.",
  );
  const at = tracee.stopped(
    stop,
    `The stub is stopped by the SIGSTOP that PTRACE_ATTACH has sent, right after its prctl: ${hex(tracee.rip)}. It ` +
      "has not called getppid yet, and RBX is still 1.",
  );
  draft.arrow("attach", request, at, "PTRACE_ATTACH");
  tracee.waited(
    at,
    "The status says SIGSTOP: exactly what the host gets for a stub that has stopped itself.",
  );
}

function tell(
  draft: Recorder,
  { lane, thread }: Tracee,
  request: string,
  why: string,
  observer?: string,
): number {
  const call = tellRequest(request, thread.tid, 0, draft.constants);
  return draft.step({
    lane: "host",
    about: lane,
    kind: "ptrace",
    title: callTitle(call),
    why,
    call,
    ...(observer !== undefined && { observer }),
  });
}

/** Why the instructions after the wrong SYSCALL do what they do, by their texts. */
const AFTER_MISTAKE: Readonly<Record<string, string>> = {
  "test %rax, %rax": "This tests whether the prctl succeeded. But RAX is a pid.",
  "jnz fail": "It is not 0, so the code treats it as an errno: the jump goes to `fail`.",
  "neg %rax": "This makes a negative errno positive. It makes the pid negative.",
  "mov %eax, %edi": "The argument of exit: the negative pid.",
  syscall: "The call is executed. It shows no mistake yet.",
};

function reasonAfterMistake(tracee: Tracee): string {
  if (isBeforeCall(tracee, "exit")) {
    return "The stub exits. The status is the lowest byte of that number.";
  }
  const place = tracee.recorder.placeOf(tracee.rip);
  return AFTER_MISTAKE[place?.line.text ?? ""] ?? place?.why ?? "";
}

/** The host mistakes the stop for the self-stop. Returns how the stub should end, and how it does. */
function mistake(recorder: Recorder, master: WatchedStub): { expected: string; seen: string } {
  const child = attachEarly(recorder, master, {
    lane: "mistaken",
    role: "a stub that is mistaken for one at its self-stop",
  });
  const { tracee, stub } = child;
  const { tracer } = stub;
  tracee.request("PTRACE_SETOPTIONS", "As after every attach.", { data: tracer.traceOptions });
  takeInitialRegisters(stub.thread);
  tracee.getRegisters(
    "The host takes these as the initial registers, and moves RIP back by 2. A SYSCALL is there: the one of the " +
      "prctl, which no INT3 follows.",
  );
  const { encoder, frame } = tracer;
  const number = tracer.syscallNumber("getpid");
  encoder.encodeSyscall(frame.offset, stub.thread.initial.offset, number, 0n, 0n, 0n, 0n, 0n, 0n);
  tracee.setRegisters(frame, "getpid is injected, the most harmless call.");
  recorder.ask({
    text: "The stub is resumed at the SYSCALL of its prctl, with the number of getpid in RAX. What happens?",
    choices: ["The pid in RAX, and an INT3: every SYSCALL serves", "SIGSEGV", "The stub exits"],
    answer: 2,
    because:
      "The call is executed, and RAX is the pid. But the instructions after this SYSCALL test the result of a prctl: " +
      "anything but 0 is an error. The stub code works as written.",
  });
  for (;;) {
    const outcome = step(tracee, { why: reasonAfterMistake(tracee) });
    if (outcome.kind === "ended") {
      stub.forgetIfDead();
      return { expected: `${-stub.pid & 0xff}`, seen: outcome.how };
    }
    if (outcome.kind !== "executed") throw new StateError(`stub ${stub.pid} did not end`);
  }
}

/** What the host sees if it only observes. */
interface Seen {
  readonly first: string;
  readonly second: string;
  readonly told: string;
}

function lookOn(recorder: Recorder, master: WatchedStub): Seen {
  const { stub, tracee } = attachEarly(recorder, master, {
    lane: "watched",
    role: "a stub that the host lets continue",
  });
  const { tracer } = stub;
  tracee.request("PTRACE_SETOPTIONS", "As after every attach.", { data: tracer.traceOptions });
  const first = lookAtSignal(tracee);
  const early = askParent(master, stub);
  tracee.request("PTRACE_CONT", "The host resumes the stub, without the signal.");
  recorder.ask({
    text: "The stub continues through the rest of the stub code. What does wait4 report to the host next?",
    choices: [
      "SIGTRAP, at the INT3: the stub was already stopped, and need not stop again",
      "SIGSTOP, again",
      "Nothing, until it gets SIGCONT",
    ],
    answer: 1,
    because:
      "This one is the stub's own: kill(getpid(), SIGSTOP). The first was the tracer's. After an early attach, wait4 " +
      "does not tell the host which of the two it reports.",
  });
  tracee.awaitStop({
    stop: "The stub has reached its self-stop. RIP is after the right SYSCALL, and RBX is 0.",
    wait: "The same status as before, 0x137f, bit for bit.",
  });
  const second = lookAtSignal(tracee);
  takeInitialRegisters(stub.thread);
  const late = askParent(master, stub);
  tracee.request(
    "PTRACE_CONT",
    "A tracer suppresses such a SIGSTOP: after an ordinary attach it also has to suppress one.",
  );
  recorder.ask({
    text:
      "The stub has sent itself SIGSTOP, and its tracer has resumed it without the signal. Does it stop now, as it " +
      "should?",
    choices: [
      "Yes: SIGSTOP cannot be ignored",
      "No: it continues to its INT3",
      "Yes, as soon as the tracer detaches",
    ],
    answer: 1,
    because:
      "The tracer decides whether a signal is delivered to a traced thread, SIGSTOP included (SIGKILL is the " +
      "exception). This one was suppressed. So the stop that the parent waits for has not happened, and never will.",
  });
  tracee.awaitStop({
    stop: "It rests at its INT3, as every stub does in the end.",
    wait:
      "The host has a usable stub after all. If its parent had waited without WNOHANG, it would still be in its wait4, " +
      "and could not clone another stub.",
  });
  return { first, second, told: early === "0" && late === "0" ? "nothing" : `${early}, ${late}` };
}

/** The origin of the SIGSTOP that stopped a stub. */
function lookAtSignal(tracee: Tracee): string {
  const { tracer, tid } = tracee.thread;
  const { code, pid } = tracee.signalInfo();
  const kernel = code === tracer.constant("SI_KERNEL");
  const name = kernel ? "SI_KERNEL" : code === 0 ? "SI_USER" : `${code}`;
  tracee.getSignalInfo(
    kernel
      ? "Only this distinguishes the two: si_code is SI_KERNEL, and si_pid is 0. The kernel has sent it, because of " +
          "PTRACE_ATTACH."
      : `si_code is ${name}, and si_pid ${pid}: ${pid === tid ? "the stub itself" : "another process"}.`,
  );
  return name;
}

/** What the parent would get: an injected wait4, as in a birth, but with WNOHANG. */
function askParent({ tracee }: WatchedStub, { pid, tracer }: Stub): string {
  const { result } = injectWatched(tracee, {
    call: "wait4",
    args: [pid, 0, Number(tracer.waitSelfStop) | tracer.constant("WNOHANG"), 0],
    frame:
      "In a birth it is the parent that waits for the self-stop: wait4(child, WUNTRACED), injected into the master. " +
      "Here with WNOHANG, so that it returns in any case.",
    answer:
      "RAX is 0: nothing to report. The child's stops are reported to its tracer now. A parent learns of a stop once " +
      "the signal has stopped the child, and the tracer holds the signal back.",
  });
  return `${result.value}`;
}
