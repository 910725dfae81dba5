import { constants } from "node:os";
import { PAGE_SIZE } from "../../../core/shim/auxiliary_vector.ts";
import type { Tracer } from "../../../core/stub/tracer.ts";
import { collectCores, NO_CORE, setCoreLimit } from "./cores.ts";
import { FAILING_CALL, requireFilter, TRACE_FAILING_CALL, TRACE_MESSAGE } from "./filters.ts";
import { expectNothingDecided, fromInt, type Judge, narrows, undecided } from "./judge.ts";
import {
  endTraced,
  eventMessage,
  expectMessage,
  fork,
  killed,
  nextStatus,
  reap,
  request,
  resumed,
  send,
  setUp,
} from "./processes.ts";
import { Tracee } from "./tracee.ts";

/** What a status word means, by what was really done. */
export interface Truth {
  /** WAIT_EXITED 0, SIGNALED 1, STOPPED 2, SYSCALL_STOP 3, EVENT 4, GROUP_STOP 5, CONTINUED 6. */
  readonly kind: number;
  readonly value: number;
  readonly event: number;
  readonly core: number;
}

/** Takes a status word and what was done. */
export type Note = (status: number, truth: Pick<Truth, "kind" | "value"> & Partial<Truth>) => void;

const [EXITED, SIGNALED, STOPPED, SYSCALL_STOP, EVENT, GROUP_STOP, CONTINUED] = [
  ...([0, 1, 2, 3, 4, 5, 6] as const),
];
const { SIGTRAP, SIGKILL, SIGSTOP, SIGCONT, SIGCHLD } = constants.signals;
/** Signals that do not end a process. */
const HARMLESS: readonly number[] = [
  ...[SIGCHLD, SIGCONT, constants.signals.SIGURG, constants.signals.SIGWINCH],
  ...[SIGSTOP, constants.signals.SIGTSTP, constants.signals.SIGTTIN, constants.signals.SIGTTOU],
];
const SIGNALS = Array.from({ length: 64 }, (_, i) => i + 1);

// linux/ptrace.h
const [PTRACE_CONT, PTRACE_SYSCALL] = [7, 24];
const [PTRACE_SETOPTIONS, PTRACE_SEIZE, PTRACE_INTERRUPT] = [0x4200, 0x4206, 0x4207];
const [O_TRACESYSGOOD, O_TRACEEXIT, O_EXITKILL] = [1, 64, 0x10_0000];
/** Fork, vfork, clone, exec, vfork done, seccomp. */
const O_EVENTS = 2 | 4 | 8 | 16 | 32 | 128;
const [FORK, VFORK, CLONE, EXEC, VFORK_DONE, EXIT, SECCOMP] = [...([1, 2, 3, 4, 5, 6, 7] as const)];
const EVENT_STOP = 128;
/** The truth about the stop of an event. */
const eventOf = (event: number) => ({ kind: EVENT, value: SIGTRAP, event });
// linux/wait.h
const [WUNTRACED, WCONTINUED] = [2n, 8n];
const CLONE_VFORK = 0x4000n;

/**
 * Makes real processes do what wait4 reports.
 *
 * @returns every status word that was seen, in that order, with what was done
 */
function collectWords(tracer: Tracer): ReadonlyMap<number, Truth> {
  const words = new Map<number, Truth>();
  const note: Note = (status, truth) => {
    words.set(status, { event: 0, core: 0, ...truth });
  };
  for (const collect of [collectEnds, collectStops, collectExec]) {
    const tracee = Tracee.prepare(tracer.createStub());
    try {
      collect(tracee, note);
    } catch (error) {
      // What cannot be had on this machine is left out, and its words are undecided.
      expectNothingDecided(error);
    } finally {
      tracee.close();
    }
  }
  return words;
}

/** Children of a stub that exit with every code, that signals kill, stop and continue; wait4 is the stub's. */
function collectEnds(parent: Tracee, note: Note): void {
  setCoreLimit(parent, NO_CORE);
  for (let code = 0; code < 256; code++) {
    note(reap(parent, fork(parent, code)), { kind: EXITED, value: code });
  }
  for (const signal of SIGNALS) {
    if (HARMLESS.includes(signal)) continue;
    note(killed(parent, signal), { kind: SIGNALED, value: signal });
  }
  collectCores(parent, (status, signal, dumped) => {
    note(status, { kind: SIGNALED, value: signal, core: dumped ? 1 : 0 });
  });
  const child = fork(parent);
  send(parent, child, SIGSTOP);
  note(reap(parent, child, WUNTRACED), { kind: STOPPED, value: SIGSTOP });
  send(parent, child, SIGCONT);
  note(reap(parent, child, WCONTINUED), { kind: CONTINUED, value: 0 });
  collectSeized(parent, child, note);
}

/** A child that is seized: it tells a group-stop, and a stop on request. It is dead afterwards. */
function collectSeized(parent: Tracee, child: number, note: Note): void {
  const { tracer } = parent;
  request(tracer, PTRACE_SEIZE, child, O_EXITKILL);
  request(tracer, PTRACE_INTERRUPT, child);
  note(nextStatus(tracer, child), eventOf(EVENT_STOP));
  request(tracer, PTRACE_CONT, child);
  send(parent, child, SIGSTOP);
  note(nextStatus(tracer, child), { kind: STOPPED, value: SIGSTOP });
  request(tracer, PTRACE_CONT, child, SIGSTOP);
  note(nextStatus(tracer, child), { kind: GROUP_STOP, value: SIGSTOP, event: EVENT_STOP });
  send(parent, child, SIGKILL);
  note(nextStatus(tracer, child), { kind: SIGNALED, value: SIGKILL });
  reap(parent, child);
}

/** The stops of a traced stub: by every signal, at system calls, at the births of children. */
function collectStops(tracee: Tracee, note: Note): void {
  const { tracer, stub } = tracee;
  for (const signal of SIGNALS) {
    if (signal === SIGKILL) continue;
    send(tracee, stub.pid, signal);
    note(resumed(tracee), { kind: STOPPED, value: signal });
  }
  note(resumed(tracee), { kind: STOPPED, value: SIGTRAP });
  setUp(tracee, "getpid");
  for (let i = 0; i < 2; i++) {
    note(resumed(tracee, PTRACE_SYSCALL), { kind: SYSCALL_STOP, value: SIGTRAP });
  }
  resumed(tracee);
  request(tracer, PTRACE_SETOPTIONS, stub.pid, O_TRACESYSGOOD | O_EXITKILL | O_EVENTS);
  collectBirth(tracee, BigInt(SIGCHLD), FORK, note);
  collectBirth(tracee, 0n, CLONE, note);
  collectBirth(tracee, CLONE_VFORK | BigInt(SIGCHLD), VFORK, note);
  requireFilter(tracee, TRACE_FAILING_CALL);
  setUp(tracee, FAILING_CALL);
  note(resumed(tracee), eventOf(SECCOMP));
  expectMessage(tracee, TRACE_MESSAGE);
  resumed(tracee);
}

function collectBirth(tracee: Tracee, word: bigint, event: number, note: Note): void {
  setUp(tracee, "clone", [word]);
  note(resumed(tracee), eventOf(event));
  const child = eventMessage(tracee);
  endTraced(tracee, child);
  if (event === VFORK) {
    note(resumed(tracee), eventOf(VFORK_DONE));
    expectMessage(tracee, child);
  }
  // A child's end may stop its parent by a signal on the way to the breakpoint.
  while (resumed(tracee) >> 8 !== SIGTRAP);
  reap(tracee, child);
}

/** A stub that executes a program, which exits. */
function collectExec(tracee: Tracee, note: Note): void {
  const { tracer, stub } = tracee;
  const options = O_TRACESYSGOOD | O_EXITKILL | O_TRACEEXIT | O_EVENTS;
  request(tracer, PTRACE_SETOPTIONS, stub.pid, options);
  const image = tracer.shim.idleImage();
  if (image < 0) return;
  try {
    // The stub's page ends in zeros: an empty path.
    const path = BigInt(tracer.stubAddress + PAGE_SIZE - 8);
    const flags = tracer.flag("AT_EMPTY_PATH");
    setUp(tracee, "execveat", [BigInt(image), path, 0n, 0n, flags]);
    note(resumed(tracee), eventOf(EXEC));
    expectMessage(tracee, stub.pid);
    note(resumed(tracee), eventOf(EXIT));
    resumed(tracee);
  } finally {
    tracer.shim.close(image);
  }
  stub.thread.forget();
  stub.forgetIfDead();
}

/** The functions that read a status word, and what they read. */
const READERS = [
  ["waitKind", "kind"],
  ["waitValue", "value"],
  ["waitEvent", "event"],
  ["waitCoreDumped", "core"],
] as const satisfies readonly (readonly [string, keyof Truth])[];

export function statusJudges(tracer: Tracer): Judge[] {
  let known: ReadonlyMap<number, Truth> | undefined;
  const words = () => {
    known ??= collectWords(tracer);
    return known;
  };
  const readers = READERS.map(
    ([name, member]): Judge => ({
      name,
      asked:
        "status words of real processes, and how each was produced: exits, kills, stops, events",
      /** The observed words in turn. */
      draw(_random, input, _enumerated, index) {
        const all = [...words().keys()];
        input.put("status", fromInt(all[index % all.length] ?? 0));
      },
      judge(input, answered) {
        const truth =
          words().get(input.int("status")) ??
          undecided("wait4 reported this word for no process here");
        answered.returns(fromInt(truth[member]));
      },
    }),
  );
  const stop: Judge = {
    name: "encodeStop",
    asked: "sent the signal to a traced stub; the status word of its stop",
    draw(random, input, enumerated) {
      if (!narrows(random, enumerated)) return;
      input.put("signal", BigInt(random.below(SIGNALS.length) + 1));
    },
    judge(input, answered) {
      const signal = input.int("signal");
      const [status] =
        [...words()].find(([, { kind, value }]) => kind === STOPPED && value === signal) ??
        undecided("SIGKILL, and numbers that are not signals, stop no process");
      answered.returns(fromInt(status));
    },
  };
  return [...readers, stop];
}
