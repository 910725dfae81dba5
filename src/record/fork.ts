import { BirthError, DeathError, hex, StateError } from "../errors.ts";
import type { ChildStep } from "../shim/fork.ts";
import { type Fork, forkProcess } from "../stub/birth.ts";
import type { Stop } from "../stub/status.ts";
import type { Stub } from "../stub/stub.ts";
import { Thread } from "../stub/thread.ts";
import type { Tracer } from "../stub/tracer.ts";
import { callTitle, tellCall } from "./calls.ts";
import { awaitProcess } from "./kernel_view.ts";
import { type Recorder, tellRegisters } from "./recorder.ts";
import type { Call } from "./recording.ts";
import { recordSetUp } from "./set_up.ts";
import { Tracee } from "./tracee.ts";

/** How a host's child is made. */
export interface ForkOptions {
  /** Its lane. Default: "master". */
  readonly lane?: string;
  readonly role?: string;
  /** By name or number. Default: SIGCHLD. */
  readonly exitSignal?: string;
  /** Steps of the set-up to leave out. */
  readonly omit?: readonly ChildStep[];
}

/** How a child is made whose birth is not recorded. */
export interface UnseenOptions {
  readonly lane: string;
  readonly role: string;
  /** Why the host clones it. */
  readonly why: string;
  /** What to say about the child once it has stopped itself. */
  readonly stopped: string;
  /** Steps of the set-up to omit. */
  readonly omit?: readonly ChildStep[] | undefined;
}

/** A stub, and the lane that it is in. */
export interface WatchedStub {
  readonly stub: Stub;
  readonly tracee: Tracee;
}

/** A child at its self-stop, for which no process has waited yet. */
export interface UnseenStub extends WatchedStub {
  /** The step of that stop. */
  readonly stopped: number;
}

const UNWATCHED =
  "Nobody watches the host: the shim made this call (stublab_fork in shim/fork.c), and it succeeded.";
const TRACED_EARLY = "In createStub nobody traces the child before its self-stop.";

/**
 * Forks a stub as `Tracer.createStub` does, but traced from its first step on. It is then before the first
 * instruction of the stub code, and its set-up is recorded, call by call.
 *
 * @throws ForkError, BirthError; StateError where a call of the set-up fails.
 */
export function forkWatched(
  recorder: Recorder,
  tracer: Tracer,
  options: ForkOptions = {},
): WatchedStub {
  const { lane = "master", role = "the first stub", omit = [] } = options;
  const exitSignal = tracer.parseExitSignal(options.exitSignal);
  recorder.observe(
    "The master is traced from its first step on (PTRACE_TRACEME), so that it can be watched. In createStub nobody " +
      "traces it before it has stopped itself; to return to that state, the host detaches from it there.",
  );
  if (omit.includes("unmask")) {
    recorder.observe(
      "The trap after each single step is a SIGTRAP that the kernel forces upon the thread: where that signal was " +
        "blocked, it is not blocked any more.",
    );
  }
  const pid = fork(recorder, tracer, { exitSignal, omit }, { lane, role });
  const thread = new Thread(tracer, pid, pid);
  const stub = tracer.addStub(thread, exitSignal);
  const tracee = new Tracee(recorder, lane, thread);
  recorder.stage(() => beginTracing(tracee));
  recordSetUp(tracee);
  enterStubCode(tracee, omit);
  return { stub, tracee };
}

/**
 * Forks a stub as `Tracer.createStub` does, and leaves it alone until it has stopped itself: it is untraced, and the
 * host has not waited for it. /proc says when that is.
 *
 * @throws ForkError, DeadlineError
 */
export function forkUnseen(
  recorder: Recorder,
  tracer: Tracer,
  { lane, role, why, stopped, omit = [] }: UnseenOptions,
): UnseenStub {
  recorder.observe(
    "Births are not recorded in this lesson. That a child has stopped itself is read from /proc; createStub waits for " +
      "it.",
  );
  const exitSignal = tracer.constant("SIGCHLD");
  const pid = forkProcess(tracer, { exitSignal, omit });
  recorder.addLane(lane, role, pid);
  const born =
    'It executes its set-up and the stub code; this is not recorded (lesson "host" shows it).';
  recordClone(recorder, tracer, { lane, pid, exitSignal, why, born, observer: null });
  const thread = new Thread(tracer, pid, pid);
  const stub = tracer.addStub(thread, exitSignal);
  awaitProcess(pid, ({ state }) => state === "T", tracer.deadline);
  const at = recorder.step({
    lane,
    kind: "stop",
    title: "stopped by SIGSTOP",
    why: stopped,
    kernel: recorder.view(pid),
    observer: "That it is stopped is known from /proc.",
  });
  return { stub, tracee: new Tracee(recorder, lane, thread), stopped: at };
}

/** The clone of the host's child, and its birth. */
function recordClone(
  recorder: Recorder,
  tracer: Tracer,
  { lane, pid, exitSignal, why, born, observer }: Clone,
): void {
  const teller = { constants: recorder.constants, read: () => undefined };
  const words = [tracer.cloneWord(exitSignal)];
  const { arguments: args } = tellCall(tracer.flag("SYS_clone"), words, teller);
  const cloned = recorder.call(recorder.host, "clone", args, BigInt(pid), { why, observer });
  const title = `process ${pid} is born`;
  const birth = recorder.step({ lane, kind: "clone", title, why: born });
  recorder.arrow("clone", cloned, birth, "clone");
}

interface Clone {
  readonly lane: string;
  readonly pid: number;
  readonly exitSignal: number;
  readonly why: string;
  readonly born: string;
  readonly observer: string | null;
}

/** The host's side: its calls, the birth, and the mask restored. */
function fork(
  recorder: Recorder,
  tracer: Tracer,
  options: Fork,
  { lane, role }: { lane: string; role: string },
): number {
  const call = (name: string, args: Call["arguments"], result: number, why: string) =>
    recorder.call(recorder.host, name, args, BigInt(result), { why, observer: UNWATCHED });
  call("getpid", [], process.pid, GETPID);
  call("rt_sigprocmask", maskArguments("~[]", "&previous"), 0, BLOCK);
  const pid = forkProcess(tracer, options, true);
  recorder.addLane(lane, role, pid);
  const { exitSignal } = options;
  const why = cloneReason(tracer.signalName(exitSignal));
  recordClone(recorder, tracer, { lane, pid, exitSignal, why, born: BORN, observer: UNWATCHED });
  call("rt_sigprocmask", maskArguments("&previous", "NULL"), 0, RESTORE);
  return pid;
}

const GETPID =
  "The host notes its pid. R15 will carry it to the child, which compares it with the result of getppid. The child " +
  "cannot ask for it later: if the host has died by then, getppid returns another parent.";
const BLOCK =
  "All signals are blocked while the child is made. Otherwise a signal that arrives between the clone and the child's set-up would " +
  "run a handler of Node.js in the child, which has Node's memory, but none of its other threads.";
const BORN =
  "It returns from the same clone as the host, with 0 as the result. Of the host's threads only the one that cloned is in " +
  "it; a lock that another held stays locked for ever. So it uses no C library, only raw system calls.";
const RESTORE =
  "The host takes its signals again. The child has a mask of its own, a copy in which all are blocked.";

function cloneReason(exitSignal: string): string {
  return (
    "A new process: a copy of the host, with its registers and its memory (copied on write). CLONE_FILES makes both share " +
    `one file table. ${exitSignal} is the exit signal, which the host gets at the child's end. gVisor uses SIGKILL, so ` +
    "that no parent outlives a stub that it cannot replace; here that could kill the program that records."
  );
}

/** The arguments of rt_sigprocmask(SIG_SETMASK, set, previous, 8): its sets lie in the host. */
function maskArguments(set: string, previous: string): Call["arguments"] {
  return [
    { word: "0x2", told: "SIG_SETMASK" },
    { word: null, told: set },
    { word: previous === "NULL" ? "0x0" : null, told: previous },
    { word: "0x8", told: "8" },
  ];
}

/** PTRACE_TRACEME, the stop after it, and the options. */
function beginTracing(tracee: Tracee): void {
  const { recorder, lane, thread } = tracee;
  const stop = awaitTraced(thread);
  const call = tellCall(thread.tracer.flag("SYS_ptrace"), [0n], tracee.teller);
  recorder.step({
    lane,
    kind: "syscall",
    title: callTitle({ ...call, result: { word: "0x0", told: "0" } }),
    why: "The child makes the host its tracer.",
    call: { ...call, result: { word: "0x0", told: "0" } },
    observer: TRACED_EARLY,
  });
  const at = tracee.stopped(
    stop,
    "It waits for its tracer. What the kernel reports about it now is inherited from the host: session, blocked and " +
      "ignored signals, and the whole memory map.",
    `kill(getpid(), SIGSTOP). ${TRACED_EARLY}`,
  );
  tracee.waited(at, "The host learns that it can begin.");
  tracee.request(
    "PTRACE_SETOPTIONS",
    "EXITKILL: the child is not to outlive a host that dies now. TRACESYSGOOD marks stops at system calls.",
    { data: thread.tracer.traceOptions, observer: TRACED_EARLY },
  );
}

/** Waits for the stop after PTRACE_TRACEME. @throws BirthError where the child was refused that. */
function awaitTraced(thread: Thread): Stop {
  try {
    return thread.wait();
  } catch (error) {
    if (!(error instanceof DeathError)) throw error;
    throw new BirthError(
      "traceme",
      `stub ${thread.tid} cannot be traced by its parent: ${error.how}`,
      {
        call: "ptrace(PTRACE_TRACEME)",
        remedy:
          "somebody else may trace it, such as strace -f, or ptrace is forbidden: run `stublab doctor`",
        cause: error,
      },
    );
  }
}

/** From the stop before the stub code to its first instruction: R15 is set, and a jump. */
function enterStubCode(tracee: Tracee, omit: readonly ChildStep[]): void {
  const { recorder, lane, thread } = tracee;
  const before = tellRegisters(tracee.registers());
  const start = BigInt(thread.tracer.stubAddress);
  for (let i = 0; tracee.rip !== start; i++) {
    if (i === 1000) throw new StateError(`${lane} did not come to the stub code`);
    thread.resume("PTRACE_SINGLESTEP");
    thread.wait();
  }
  const parent = omit.includes("parent") ? 0 : process.pid;
  recorder.step({
    lane,
    kind: "note",
    title: `R15 = ${parent}, and a jump to ${hex(start)}`,
    why:
      "The last of the compiled code: R15 gets the host's pid, and the child jumps to the stub code, " +
      "and the stub executes nothing else by itself from then on. Every instruction of it is recorded.",
    registers: { before, after: tellRegisters(tracee.registers()) },
    kernel: recorder.view(thread.tgid),
    observer:
      "The child stopped itself here once more, for the recording; what the compiler made of the jump is not shown.",
  });
}
