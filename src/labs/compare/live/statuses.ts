import { constants } from "node:os";
import { PAGE_SIZE } from "../../../core/shim/auxiliary_vector.ts";
import type { Tracer } from "../../../core/stub/tracer.ts";
import { FAILING_CALL, requireFilter, TRACE_FAILING_CALL } from "./filters.ts";
import {
  drawSignal,
  fromInt,
  type Judge,
  type JudgeTable,
  judgementOf,
  undecided,
} from "./judge.ts";
import { Tracee } from "./tracee.ts";

/**
 * What a status word means, by what was really done: WAIT_EXITED 0, SIGNALED 1, STOPPED 2, SYSCALL_STOP 3, EVENT 4,
 * GROUP_STOP 5 or CONTINUED 6. No process leaves a core.
 */
type Truth = readonly [kind: number, value: number, event: number, core: 0];

/** Takes a status word and what was done. */
type Note = (status: number, kind: number, value: number, event?: number) => void;

const [EXITED, SIGNALED, STOPPED, SYSCALL_STOP] = [0, 1, 2, 3];
const [EVENT, GROUP_STOP, CONTINUED] = [4, 5, 6];
const { SIGTRAP, SIGKILL, SIGSTOP, SIGCONT } = constants.signals;
/** Signals that do not end a process: SIGCHLD, SIGCONT, four that stop it, SIGURG and SIGWINCH. */
const HARMLESS = [17, 18, 19, 20, 21, 22, 23, 28];
const SIGNALS = Array.from({ length: 64 }, (_, i) => i + 1);

// linux/ptrace.h
const [PTRACE_CONT, PTRACE_SETOPTIONS] = [7, 0x4200];
const [PTRACE_SEIZE, PTRACE_INTERRUPT] = [0x4206, 0x4207];
/** PTRACE_O_EXITKILL; with PTRACE_O_TRACESYSGOOD, and a stop at each event. */
const [EXITKILL, ALL_STOPS] = [0x10_0000, 0x10_00ff];
const [FORK, VFORK, CLONE, EXEC, VFORK_DONE] = [1, 2, 3, 4, 5];
const [EXIT, SECCOMP, EVENT_STOP] = [6, 7, 128];
/** Words of clone, and their events: with SIGCHLD, without a signal, with CLONE_VFORK. */
const BIRTHS = [[17n, FORK] as const, [0n, CLONE] as const, [0x4011n, VFORK] as const];

/**
 * Makes real processes do what wait4 reports.
 *
 * @returns every status word that was seen, in that order, with what was done
 */
function collectWords(tracer: Tracer): ReadonlyMap<number, Truth> {
  const words = new Map<number, Truth>();
  const note: Note = (status, kind, value, event = 0) => {
    words.set(status, [kind, value, event, 0]);
  };
  for (const collect of [collectEnds, collectStops]) {
    const tracee = Tracee.prepare(tracer.createStub());
    // What cannot be had on this machine is left out, and its words are undecided.
    judgementOf(() => collect(tracee, note));
    tracee.close();
  }
  return words;
}

/** Children of a stub that exit with every code, that signals kill, stop and continue; wait4 is the stub's. */
function collectEnds(parent: Tracee, note: Note): void {
  for (let code = 0; code < 256; code++) note(parent.reap(parent.fork(code)), EXITED, code);
  for (const signal of SIGNALS) {
    if (!HARMLESS.includes(signal)) note(parent.kill(parent.fork(), signal), SIGNALED, signal);
  }
  const child = parent.fork();
  parent.send(child, SIGSTOP);
  note(parent.reap(child, parent.tracer.flag("WUNTRACED")), STOPPED, SIGSTOP);
  parent.send(child, SIGCONT);
  note(parent.reap(child, parent.tracer.flag("WCONTINUED")), CONTINUED, 0);
  // Seized, it reports a group-stop, and a stop on request.
  parent.request(PTRACE_SEIZE, EXITKILL, child);
  parent.request(PTRACE_INTERRUPT, 0, child);
  note(parent.nextStatus(child), EVENT, SIGTRAP, EVENT_STOP);
  parent.request(PTRACE_CONT, 0, child);
  parent.send(child, SIGSTOP);
  note(parent.nextStatus(child), STOPPED, SIGSTOP);
  parent.request(PTRACE_CONT, SIGSTOP, child);
  note(parent.nextStatus(child), GROUP_STOP, SIGSTOP, EVENT_STOP);
  parent.send(child, SIGKILL);
  note(parent.nextStatus(child), SIGNALED, SIGKILL);
  parent.reap(child);
}

/** The stops of a traced stub: by every signal, at system calls, at the births of children, at an execve and its end. */
function collectStops(tracee: Tracee, note: Note): void {
  const { tracer, stub } = tracee;
  for (const signal of SIGNALS) {
    if (signal === SIGKILL) continue;
    tracee.send(stub.pid, signal);
    note(tracee.resumed(), STOPPED, signal);
  }
  note(tracee.resumed(), STOPPED, SIGTRAP);
  tracee.loadCall("getpid", []);
  note(tracee.start("PTRACE_SYSCALL"), SYSCALL_STOP, SIGTRAP);
  note(tracee.resumed("PTRACE_SYSCALL"), SYSCALL_STOP, SIGTRAP);
  tracee.resumed();
  tracee.request(PTRACE_SETOPTIONS, ALL_STOPS);
  for (const [word, event] of BIRTHS) {
    tracee.loadCall("clone", [word], "clone");
    note(tracee.start(), EVENT, SIGTRAP, event);
    const child = stub.thread.expect("stopped").eventMessage();
    tracee.send(child, SIGKILL);
    tracee.reapTraced(child);
    if (event === VFORK) note(tracee.resumed(), EVENT, SIGTRAP, VFORK_DONE);
    // A child's end may stop its parent by a signal on the way to the breakpoint.
    while (tracee.resumed() >> 8 !== SIGTRAP);
    tracee.reap(child);
  }
  requireFilter(tracee, TRACE_FAILING_CALL);
  tracee.loadCall(FAILING_CALL, []);
  note(tracee.start(), EVENT, SIGTRAP, SECCOMP);
  tracee.resumed();
  const image = tracer.shim.idleImage();
  if (image < 0) return;
  tracee.descriptor = image;
  // The stub's page ends in zeros: an empty path.
  const path = BigInt(tracer.stubAddress + PAGE_SIZE - 8);
  const args = [BigInt(image), path, 0n, 0n, tracer.flag("AT_EMPTY_PATH")];
  tracee.loadCall("execveat", args);
  note(tracee.start(), EVENT, SIGTRAP, EXEC);
  note(tracee.resumed(), EVENT, SIGTRAP, EXIT);
  tracee.resumed();
  stub.thread.forget();
  stub.forgetIfDead();
}

export function statusJudges(tracer: Tracer): JudgeTable {
  let known: ReadonlyMap<number, Truth> | undefined;
  const words = () => {
    known ??= collectWords(tracer);
    return known;
  };
  /** The judge of a function that reads a status word. */
  const reader = (member: 0 | 1 | 2 | 3): Judge => ({
    asked: "status words of real processes, and how each was produced: exits, kills, stops, events",
    /** The observed words in turn. */
    draw(_random, input, _enumerated, index) {
      const all = [...words().keys()];
      input.put("status", fromInt(all[index % all.length] ?? 0));
    },
    ask(input) {
      const truth = words().get(input.int("status"));
      if (truth !== undefined) return fromInt(truth[member]);
      return undecided("wait4 reported this word for no process here");
    },
  });
  return {
    waitKind: reader(0),
    waitValue: reader(1),
    waitEvent: reader(2),
    waitCoreDumped: reader(3),
    encodeStop: {
      asked: "sent the signal to a traced stub; the status word of its stop",
      draw: drawSignal,
      ask(input) {
        const signal = input.int("signal");
        const isIts = ([, [kind, value]]: [number, Truth]) => kind === STOPPED && value === signal;
        const [status] = [...words()].find(isIts) ?? [];
        if (status !== undefined) return fromInt(status);
        return undecided("SIGKILL, and numbers that are not signals, stop no process");
      },
    },
  };
}
