import { constants } from "node:os";
import { DATA, SLOTS } from "./code.ts";
import { fork, reap, send } from "./processes.ts";
import { isInt3, type Tracee } from "./tracee.ts";

const { SIGSTOP, SIGCONT, SIGKILL, SIGALRM } = constants.signals;
const ANY_CHILD = 2n ** 64n - 1n;
const WNOHANG = 1n;
const [SYS_WAIT4, SYS_WAITID, SYS_SETITIMER] = [61n, 247n, 38n];
/** waitid's: one process, stops, and that the news stays. */
const [P_PID, WSTOPPED_WNOWAIT] = [1n, 0x100_0002n];
/** When a wait that blocks is interrupted, in microseconds. */
const INTERRUPTED_AFTER = 2000n;

/** What wait4 did, by what it was asked about. */
export type WaitEffects = ReadonlyMap<string, bigint>;

/**
 * Has a stub wait with options for a child that runs, is stopped and goes on, and for one that sends no signal at
 * its end (a "clone" child in wait4(2)). __WNOTHREAD shows nothing here, where there is one thread.
 */
export function waitEffects(parent: Tracee, options: bigint): WaitEffects {
  const effects = new Map<string, bigint>();
  const look = (what: string) => {
    const result = parent.call(SYS_WAIT4, ANY_CHILD, 0n, options | WNOHANG, 0n);
    // A child is one whatever its pid.
    effects.set(what, BigInt.asIntN(64, result) > 0n ? 1n : result);
  };
  const child = fork(parent);
  look("a child that runs");
  effects.set("blocks", blocks(parent, options) ? 1n : 0n);
  send(parent, child, SIGSTOP);
  parent.call(SYS_WAITID, P_PID, BigInt(child), 0n, WSTOPPED_WNOWAIT, 0n);
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
  const isReturn = isInt3(parent.tracer);
  const isOwn = (stop: Parameters<typeof isReturn>[0]) => stop.signal === SIGALRM || isReturn(stop);
  const { signal } = parent.callUntil(isOwn, SYS_WAIT4, ANY_CHILD, 0n, options, 0n);
  setTimer(parent, 0n);
  return signal === SIGALRM;
}

function setTimer(parent: Tracee, microseconds: bigint): void {
  const at = DATA + BigInt(SLOTS.siginfo);
  // struct itimerval: the interval, then the time, in seconds and microseconds.
  parent.write(SLOTS.siginfo, new Uint8Array(BigUint64Array.of(0n, 0n, 0n, microseconds).buffer));
  parent.call(SYS_SETITIMER, 0n, at, 0n);
}
