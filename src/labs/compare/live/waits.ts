import { constants } from "node:os";
import { addressOf, SLOTS } from "./code.ts";
import { type Judge, narrows, REFUSED, undecided, unsigned } from "./judge.ts";
import { fork, reap, send } from "./processes.ts";
import { isBreakpoint, type Tracee, type TraceeSlot } from "./tracee.ts";

const INT = 0xffff_ffffn;
const ANY_CHILD = 2n ** 64n - 1n;

/**
 * @param slot stubs without children
 * @param parents stubs that may have children
 */
export function waitJudge(slot: TraceeSlot, parents: TraceeSlot): Judge {
  /** Whether the kernel refuses options. */
  const refuses = (options: bigint) =>
    BigInt.asIntN(64, slot.get().call("wait4", ANY_CHILD, 0n, options, 0n)) === REFUSED;
  return {
    name: "encodeWaitOptions",
    asked: "wait4(-1, 0, options, 0) in a stub: EINVAL or not, and what it waits for",
    draw(random, input, enumerated) {
      if (narrows(random, enumerated)) input.mask("options", INT);
    },
    judge(input, answered) {
      const options = input.word("options");
      if (options > INT)
        undecided("the options of wait4 are an int: the kernel ignores the upper half");
      const answer = answered.result;
      const refused = refuses(options);
      const meant = refused ? unsigned(REFUSED) : options;
      if (answer === meant) return;
      if (refused || refuses(answer)) answered.returns(meant);
      const effects = waitEffects(parents.get(), options);
      const seen = waitEffects(parents.get(), answer);
      if ([...effects].some(([what, result]) => seen.get(what) !== result)) answered.returns(meant);
      undecided("not the expected options, but wait4 does the same with them");
    },
  };
}

const { SIGSTOP, SIGCONT, SIGKILL, SIGALRM } = constants.signals;
const WNOHANG = 1n;
/** waitid's: one process, stops, and that the news stays. */
const [P_PID, WSTOPPED_WNOWAIT] = [1n, 0x100_0002n];
/** When a wait that blocks is interrupted, in microseconds. */
const INTERRUPTED_AFTER = 2000n;

/** What wait4 did, by what it was asked about. */
type WaitEffects = ReadonlyMap<string, bigint>;

/**
 * Has a stub wait with options for a child that runs, is stopped and goes on, and for one that sends no signal at
 * its end (a "clone" child in wait4(2)). __WNOTHREAD shows nothing here, where there is one thread.
 */
function waitEffects(parent: Tracee, options: bigint): WaitEffects {
  const effects = new Map<string, bigint>();
  const look = (what: string) => {
    const result = parent.call("wait4", ANY_CHILD, 0n, options | WNOHANG, 0n);
    // A child is one whatever its pid.
    effects.set(what, BigInt.asIntN(64, result) > 0n ? 1n : result);
  };
  const child = fork(parent);
  look("a child that runs");
  effects.set("blocks", blocks(parent, options) ? 1n : 0n);
  send(parent, child, SIGSTOP);
  parent.call("waitid", P_PID, BigInt(child), 0n, WSTOPPED_WNOWAIT, 0n);
  look("a child that was stopped");
  send(parent, child, SIGCONT);
  look("a child that goes on");
  end(parent, child);
  const clone = fork(parent, undefined, 0n);
  look("a child without an exit signal");
  end(parent, clone);
  return effects;
}

function end(parent: Tracee, child: number): void {
  send(parent, child, SIGKILL);
  reap(parent, child);
}

/** Whether a wait has to be interrupted by a timer. */
function blocks(parent: Tracee, options: bigint): boolean {
  setTimer(parent, INTERRUPTED_AFTER);
  const isReturn = isBreakpoint(parent.tracer);
  const isOwn = (stop: Parameters<typeof isReturn>[0]) => stop.signal === SIGALRM || isReturn(stop);
  const { signal } = parent.callUntil(isOwn, "wait4", ANY_CHILD, 0n, options, 0n);
  setTimer(parent, 0n);
  return signal === SIGALRM;
}

function setTimer(parent: Tracee, microseconds: bigint): void {
  // struct itimerval: the interval, then the time, in seconds and microseconds.
  parent.writeWords(SLOTS.siginfo, 0n, 0n, 0n, microseconds);
  parent.call("setitimer", 0n, addressOf(SLOTS.siginfo), 0n);
}
