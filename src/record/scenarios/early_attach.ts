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
  title: "Attached too early: a stub that is just anywhere",
  introduction: [
    "Why does a stub stop itself, and why does somebody wait for that before the tracer attaches? PTRACE_ATTACH needs no such thing. It " +
      "sends SIGSTOP, and stops any thread, wherever that is.",
    '"Wherever" is the trouble. All later injections begin with the registers that the tracer finds at the attach: RIP has to be right ' +
      "behind the one SYSCALL with an INT3 after it, RBX has to be 0, and the death signal has to be asked for. The " +
      "self-stop is the one place where all of that is true.",
    "There is a second trouble: both stops are by SIGSTOP. One is the tracer's, one is the stub's own, and a wait4 " +
      "status shows no difference.",
    "Two stubs are cloned, and each is attached while it is on its way. On the first the host makes the mistake of taking " +
      "what it finds for the self-stop. On the second it only looks at what comes.",
  ],

  record(recorder) {
    using tracer = new Tracer({ encoder: recorder.encoder });
    addStubCode(recorder, tracer);
    recorder.addLane("host", "the Node.js process; its main thread is the tracer", process.pid);
    recorder.observe(
      "An attach at any time finds a stub just anywhere. So that it is the same place in every recording, the observer has led the " +
        "stub there step by step, lets it run, and the host attaches at once. The stub shares the host's processor, and gives way to it " +
        "(SCHED_BATCH). Where it had run on all the same, that was done again with another.",
    );
    const master = restingStub(recorder, tracer);
    giveWay(master.stub);
    const how = mistake(recorder, master);
    const { first, second, told } = lookOn(recorder, master);
    recorder.check(
      "taken for the self-stop: the stub",
      `exited with status ${how.expected}`,
      how.seen,
    );
    recorder.check("the first SIGSTOP: si_code, from the kernel", "SI_KERNEL", first);
    recorder.check("the second SIGSTOP: si_code, from a process", "SI_USER", second);
    recorder.check("what the parent's wait4 tells of both", "nothing", told);
    recorder.check(
      "the master: it rests, and can clone again",
      hex(tracer.restAddress),
      hex(master.tracee.rip),
    );
  },
};

/** <linux/sched.h>: a process that is scheduled so does not take the processor from another when it wakes. */
const SCHED_BATCH = 3;

/** Makes the host win the race: what the stub clones gives way to it, too. */
function giveWay(stub: Stub): void {
  // The stub's page ends in zeros: a priority of 0. Where the call is refused, it takes more tries.
  stub.inject("sched_setscheduler", 0, SCHED_BATCH, stub.tracer.stubAddress + PAGE_SIZE - 8);
}

/** How often a stub is made anew that has run on too far. */
const MOST_TRIES = 50;

/** Where a stub is shown. */
interface Shown {
  readonly lane: string;
  readonly role: string;
}

/** Clones a stub, and attaches to it right behind its prctl; it is stopped then. */
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
  throw new StateError(`no stub was attached in time, of ${MOST_TRIES}`);
}

/** Clones a stub, and steps it until its prctl is done. */
function leadBehindPrctl(draft: Recorder, master: Stub, { lane, role }: Shown): WatchedStub {
  const child = cloneWatched(
    { stub: master, tracee: new Tracee(draft, "master", master.thread) },
    {
      lane,
      role,
      frame: 'The frame of a clone, with R15 and RBX for the child (lesson "grandchild").',
      why: "The child is made.",
      answer: "RAX is the pid of the child. Nothing says how far the child has come.",
      born: "RBX is 1: it is a newly cloned child, and will find its way by that.",
    },
  );
  const { tracee } = child;
  for (let asked = false; !asked; ) {
    asked = isBeforeCall(tracee, "prctl");
    step(tracee);
  }
  return child;
}

/** The observer lets go, and the host attaches: nothing is recorded between the two, for the stub runs. */
function letGoAndAttach(draft: Recorder, tracee: Tracee): void {
  const { thread } = tracee;
  // Each microsecond counts: the stub needs few.
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
    "The observer lets go, without a signal: the stub runs.",
    "It has led the stub here. In a real birth nobody traces it yet.",
  );
  const request = tell(
    draft,
    tracee,
    "PTRACE_ATTACH",
    "At once the host attaches. It has not waited for the self-stop, and nobody has.",
  );
  const at = tracee.stopped(
    stop,
    `The stub is stopped, by the SIGSTOP that PTRACE_ATTACH has sent, right behind its prctl: ${hex(tracee.rip)}. It has not asked who its ` +
      "parent is, and RBX is still 1.",
  );
  draft.arrow("attach", request, at, "PTRACE_ATTACH");
  tracee.waited(
    at,
    "The status says SIGSTOP: just what the host hears of a stub that has stopped itself.",
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

/** Why the instructions after a SYSCALL that is not meant for it do what they do, by their texts. */
const AFTER_MISTAKE: Readonly<Record<string, string>> = {
  "test %rax, %rax": "Did the prctl succeed? That is what is asked here. But RAX is a pid.",
  "jnz fail": "It is not 0, so it must be an errno: on to `fail`.",
  "neg %rax": "A negative errno would become positive by this. The pid becomes negative.",
  "mov %eax, %edi": "The argument of exit: the negative pid.",
  syscall: "The call is executed, and by it alone one sees no mistake yet.",
};

function reasonAfterMistake(tracee: Tracee): string {
  if (isBeforeCall(tracee, "exit")) {
    return "The stub exits, of its own accord. The status is the lowest byte of that.";
  }
  const place = tracee.recorder.placeOf(tracee.rip);
  return AFTER_MISTAKE[place?.line.text ?? ""] ?? place?.why ?? "";
}

/** The host takes the stop for the self-stop; answers how the stub should end by that, and how it does. */
function mistake(recorder: Recorder, master: WatchedStub): { expected: string; seen: string } {
  const child = attachEarly(recorder, master, {
    lane: "mistaken",
    role: "a stub that is taken for one at its self-stop",
  });
  const { tracee, stub } = child;
  const { tracer } = stub;
  tracee.request("PTRACE_SETOPTIONS", "As after every attach.", { data: tracer.traceOptions });
  takeInitialRegisters(stub.thread);
  tracee.getRegisters(
    "The host takes these for the initial registers, and moves RIP back by 2. There is a SYSCALL indeed: the one of the prctl, which " +
      "has no INT3 behind it.",
  );
  const { encoder, frame } = tracer;
  const number = tracer.syscallNumber("getpid");
  encoder.encodeSyscall(frame.offset, stub.thread.initial.offset, number, 0n, 0n, 0n, 0n, 0n, 0n);
  tracee.setRegisters(frame, "getpid is injected, the most harmless of all calls.");
  recorder.ask({
    text: "The stub is resumed at the SYSCALL of its prctl, with the number of getpid in RAX. What comes of it?",
    choices: [
      "The pid in RAX, and an INT3: one SYSCALL is as good as another",
      "SIGSEGV",
      "The stub exits",
    ],
    answer: 2,
    because:
      "The call is executed, and RAX is the pid. But the instructions behind this SYSCALL test the result of a prctl: anything but 0 is an " +
      "error. The stub does what it was written to do.",
  });
  for (;;) {
    const outcome = step(tracee, { why: reasonAfterMistake(tracee) });
    if (outcome.kind === "ended") {
      stub.forgetIfDead();
      return { expected: `${-stub.pid & 0xff}`, seen: outcome.how };
    }
    if (outcome.kind !== "executed")
      throw new StateError(`stub ${stub.pid} did not come to its end`);
  }
}

/** What the host sees that only looks on. */
interface Seen {
  readonly first: string;
  readonly second: string;
  readonly told: string;
}

function lookOn(recorder: Recorder, master: WatchedStub): Seen {
  const { stub, tracee } = attachEarly(recorder, master, {
    lane: "watched",
    role: "a stub that the host lets go on",
  });
  const { tracer } = stub;
  tracee.request("PTRACE_SETOPTIONS", "As after every attach.", { data: tracer.traceOptions });
  const first = lookAtSignal(tracee);
  const early = askParent(master, stub);
  tracee.request("PTRACE_CONT", "The host lets the stub go on its way, without the signal.");
  recorder.ask({
    text: "The stub goes on, through the rest of the stub code. What does the host hear of next?",
    choices: [
      "SIGTRAP, at the INT3: the stub was stopped already, and need not stop again",
      "SIGSTOP, again",
      "Nothing, until somebody sends SIGCONT",
    ],
    answer: 1,
    because:
      "This one is the stub's own: kill(getpid(), SIGSTOP). The first was the tracer's. A host that is given a SIGSTOP after an early " +
      "attach cannot tell by wait4 which of the two it has.",
  });
  tracee.awaitStop({
    stop: "The stub has come to its self-stop. RIP is behind the right SYSCALL, and RBX is 0.",
    wait: "The same status as before, 0x137f, bit by bit.",
  });
  const second = lookAtSignal(tracee);
  takeInitialRegisters(stub.thread);
  const late = askParent(master, stub);
  tracee.request(
    "PTRACE_CONT",
    "A tracer passes over such a SIGSTOP: after an ordinary attach one has to be passed over, too.",
  );
  recorder.ask({
    text: "The stub has sent itself SIGSTOP, and its tracer has resumed it without the signal. Does it stop itself now, as it should?",
    choices: [
      "Yes: SIGSTOP cannot be ignored",
      "No: it goes on to its INT3",
      "Yes, as soon as the tracer detaches",
    ],
    answer: 1,
    because:
      "A traced thread's signals are its tracer's to deliver, SIGSTOP too (only SIGKILL is not). This one was taken away. So the " +
      "stop that the parent waits for has not come about, and never will.",
  });
  tracee.awaitStop({
    stop: "It rests at its INT3, as it should in the end.",
    wait: "The host has a usable stub after all. Its parent, had it waited without WNOHANG, would still be in its wait4, and could not be made to clone another.",
  });
  return { first, second, told: early === "0" && late === "0" ? "nothing" : `${early}, ${late}` };
}

/** The origin of the SIGSTOP that a stub is stopped at. */
function lookAtSignal(tracee: Tracee): string {
  const { tracer, tid } = tracee.thread;
  const { code, pid } = tracee.signalInfo();
  const kernel = code === tracer.constant("SI_KERNEL");
  const name = kernel ? "SI_KERNEL" : code === 0 ? "SI_USER" : `${code}`;
  tracee.getSignalInfo(
    kernel
      ? "Only this tells the two apart: si_code is SI_KERNEL, and si_pid 0. No process has sent it, but the kernel, in the name of PTRACE_ATTACH."
      : `si_code is ${name}, and si_pid ${pid}: ${pid === tid ? "the stub itself" : "another process"}.`,
  );
  return name;
}

/** What the parent would hear: an injected wait4, as in a birth, but one that comes back in any case. */
function askParent({ tracee }: WatchedStub, { pid, tracer }: Stub): string {
  const { result } = injectWatched(tracee, {
    call: "wait4",
    args: [pid, 0, Number(tracer.waitSelfStop) | tracer.constant("WNOHANG"), 0],
    frame:
      "In a birth it is the parent that waits for the self-stop: wait4(child, WUNTRACED), injected into the master. Here with WNOHANG, " +
      "so that it comes back in any case.",
    answer:
      "RAX is 0: nothing. The child's stops are its tracer's now. A parent hears of a child that the signal has really stopped, and as " +
      "long as the tracer holds the signal, it has not.",
  });
  return `${result.value}`;
}
