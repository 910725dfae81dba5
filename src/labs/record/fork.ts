import { type ChildStep, forkProcess } from "../../core/stub/birth.ts";
import type { Stop } from "../../core/stub/state.ts";
import { Thread } from "../../core/stub/thread.ts";
import type { Tracer } from "../../core/stub/tracer.ts";
import { BirthError, DeathError, hex, StateError } from "../../lib/errors.ts";
import { Actor } from "./actor.ts";
import { NAMES } from "./arch.ts";
import { stoppedItself } from "./birth.ts";
import type { Recorder } from "./recorder.ts";
import type { Step } from "./recording.ts";
import type { Said } from "./said.ts";
import { recordSetUp } from "./set_up.ts";
import type { Tracee } from "./tracee.ts";

const { PARENT } = NAMES;

/** How a child is made whose birth is not recorded. */
export interface UnseenOptions {
  readonly lane: string;
  readonly role: string;
  /** Why the host clones it. */
  readonly why: Said;
  /** What to say about the child once it has stopped itself. */
  readonly stopped: Said;
  /** Steps of the set-up to omit. */
  readonly omit?: readonly ChildStep[] | undefined;
}

/** The change of rt_sigprocmask: <asm-generic/signal-defs.h>. */
const SIG_SETMASK = 2n;

const UNWATCHED =
  "The host is not traced: its shim made this call (stublab_fork in shim/core/fork.c), and the call succeeded.";
const TRACED_EARLY = "In createStub the child is not traced before its self-stop.";

/**
 * Forks a stub as `Tracer.createStub` does, but traced from its first step on. It is then before the first
 * instruction of the stub code, and its set-up is recorded, call by call.
 *
 * @param omit steps of the set-up to omit
 * @throws ForkError, BirthError; StateError if a call of the set-up fails.
 */
export function forkWatched(
  recorder: Recorder,
  tracer: Tracer,
  omit: readonly ChildStep[] = [],
): Actor {
  recorder.observe(
    "The master is traced from its first step on (PTRACE_TRACEME), so that it can be watched. In createStub it is " +
      "not traced before it has stopped itself; to return to that state, the host detaches from it there.",
  );
  const { host } = recorder;
  const told = (why: Said) => ({ why, observer: UNWATCHED });
  recorder.call(host, "getpid", [], BigInt(process.pid), told(GETPID));
  recorder.call(host, "rt_sigprocmask", [SIG_SETMASK, "~[]", "&previous", 8n], 0n, told(BLOCK));
  const child = fork(recorder, tracer, { lane: "master", role: "the first stub", omit }, true);
  recordClone(child, told(CLONE), BORN);
  recorder.call(host, "rt_sigprocmask", [SIG_SETMASK, "&previous", 0n, 8n], 0n, told(RESTORE));
  recorder.stage(() => beginTracing(child));
  recordSetUp(child);
  enterStubCode(child, omit);
  return child;
}

/**
 * Forks a stub as `Tracer.createStub` does, and leaves it alone until it has stopped itself: it is untraced, and the
 * host has not waited for it. /proc says when that is.
 *
 * @throws ForkError, DeadlineError
 */
export function forkUnseen(recorder: Recorder, tracer: Tracer, options: UnseenOptions): Actor {
  recorder.observe(
    "Births are not recorded in this lesson. That a child has stopped itself is read from /proc; createStub waits for " +
      "it.",
  );
  const child = fork(recorder, tracer, options, false);
  recordClone(child, { why: options.why }, UNSEEN);
  const known = "That it is stopped is known from /proc.";
  child.selfStop = stoppedItself(child, options.stopped, known);
  return child;
}

/** A child of the host in its lane, with the exit signal SIGCHLD. */
function fork(
  recorder: Recorder,
  tracer: Tracer,
  { lane, role, omit = [] }: Pick<UnseenOptions, "lane" | "role" | "omit">,
  traced: boolean,
): Actor {
  const exitSignal = tracer.constant("SIGCHLD");
  const pid = forkProcess(tracer, { exitSignal, omit }, traced);
  recorder.addLane(lane, role, pid);
  const thread = new Thread(tracer, pid, pid, traced);
  return new Actor(recorder, lane, tracer.addStub(thread, exitSignal));
}

/** The clone of the host's child, and its birth. */
function recordClone(
  { recorder, lane, thread: { tgid, tracer } }: Tracee,
  told: { readonly why: Said } & Partial<Pick<Step, "observer">>,
  born: Said,
): void {
  const words = [tracer.cloneWord(tracer.constant("SIGCHLD"))];
  const cloned = recorder.call(recorder.host, "clone", words, BigInt(tgid), told);
  const title = `process ${tgid} is born`;
  const birth = recorder.step({ lane, kind: "clone", title, why: born });
  recorder.arrow("clone", cloned, birth, "clone");
}

const GETPID =
  `The host notes its pid. The child will have it in ${PARENT}, and compare it with the result of getppid. It cannot ask for it ` +
  "later: the host may have died by then.";
const BLOCK =
  "All signals are blocked while the child is made. Otherwise a signal that arrives between the clone and the child's set-up would " +
  "run a handler of Node.js in the child, which has Node's memory, but none of its other threads.";
const BORN =
  "It returns from the same clone as the host, with 0 as the result. Of the host's threads only the one that cloned is in " +
  "it; a lock that another thread held stays locked forever. So it uses no C library, only raw system calls.";
const RESTORE =
  "The host takes its signals again. The child has a mask of its own, a copy in which all are blocked.";

const CLONE =
  "A new process: a copy of the host, with its registers and its memory (copied on write). CLONE_FILES makes both share " +
  "one file table. SIGCHLD is the exit signal, which the host gets at the child's end. gVisor uses SIGKILL: " +
  "if a stub dies, its parent is to die, too, because the guest in the stub is lost. Here that could kill the program " +
  "that records.";
const UNSEEN =
  'It executes its set-up and the stub code; this is not recorded (lesson "host" shows it).';

/** PTRACE_TRACEME, the stop after it, and the options. */
function beginTracing(tracee: Tracee): void {
  const { recorder, lane, thread } = tracee;
  const stop = awaitTraced(thread);
  recorder.call(lane, "ptrace", [0n], 0n, {
    why: "The child makes the host its tracer.",
    observer: TRACED_EARLY,
  });
  const at = tracee.stopped(
    stop,
    "It waits for its tracer. What the kernel reports about it now is inherited from the host: session, blocked and " +
      "ignored signals, and the whole memory map.",
    `kill(getpid(), SIGSTOP). ${TRACED_EARLY}`,
  );
  tracee.waited(at, "wait4 reports that the child can be traced now.");
  tracee.request(
    "PTRACE_SETOPTIONS",
    "EXITKILL: the kernel kills the child if the host ends. TRACESYSGOOD marks stops at system calls.",
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
          "another process may trace it, such as strace -f, or ptrace is forbidden: run `stublab doctor`",
        cause: error,
      },
    );
  }
}

/** From the stop before the stub code to its first instruction: R15 is set, and a jump. */
function enterStubCode(tracee: Tracee, omit: readonly ChildStep[]): void {
  const { lane, thread } = tracee;
  const before = tracee.registers();
  const start = BigInt(thread.tracer.stubAddress);
  for (let i = 0; tracee.rip !== start; i++) {
    if (i === 1000) throw new StateError(`${lane} did not come to the stub code`);
    thread.expect("stopped").resume("PTRACE_SINGLESTEP");
    thread.wait();
  }
  const parent = omit.includes("parent") ? 0 : process.pid;
  tracee.tell({
    kind: "note",
    title: `${PARENT} = ${parent}, and a jump to ${hex(start)}`,
    why:
      `This is the end of the compiled set-up. ${PARENT} gets the host's pid; the child jumps to the stub code, and executes only ` +
      "that from now on. Every instruction of it is recorded.",
    before,
    observer:
      "The child stopped itself here once more, for the recording; what the compiler made of the jump is not shown.",
  });
}
