import { constants } from "node:os";
import { slot } from "./code.ts";
import { expectWord, type JudgeTable, narrows, REFUSED, undecided } from "./judge.ts";
import { isBreakpoint, type Tracee, type TraceeSlot, type TraceeStop } from "./tracee.ts";

const { SIGSTOP, SIGCONT, SIGALRM } = constants.signals;
const INT = 0xffff_ffffn;
const ANY_CHILD = 2n ** 64n - 1n;
const EINVAL = -22n;
const WNOHANG = 1n;
/** waitid's: one process, stops, and that the news stays. */
const [P_PID, WSTOPPED_WNOWAIT] = [1n, 0x100_0002n];
/** When a wait that blocks is interrupted, in microseconds. */
const INTERRUPTED_AFTER = 2000n;

/** @param stubs without children, when they are used */
export function waitJudges(stubs: TraceeSlot): JudgeTable {
  /** What the kernel refuses, by its errno. */
  const refusal = (options: bigint) => stubs.get().call("wait4", [ANY_CHILD, 0n, options, 0n]);
  const effectOf = (options: bigint) =>
    refusal(options) === EINVAL ? "" : waitEffects(stubs.get(), options);
  return {
    encodeWaitOptions: {
      asked: "wait4(-1, 0, options, 0) in a stub: EINVAL or not, and what it waits for",
      draw(random, input, enumerated) {
        if (narrows(random, enumerated)) input.mask("options", INT);
      },
      ask(input) {
        const options = input.word("options");
        if (options > INT)
          undecided("the options of wait4 are an int: the kernel ignores the upper half");
        const meant = refusal(options) === EINVAL ? REFUSED : options;
        return (given) => expectWord("encodeWaitOptions", meant, given.result, effectOf);
      },
    },
  };
}

/**
 * What wait4 with options does in a stub: for a child that runs, is stopped and goes on, and for one that sends no signal
 * at its end (a "clone" child in wait4(2)). __WNOTHREAD shows nothing here, where there is one thread.
 */
function waitEffects(parent: Tracee, options: bigint): string {
  const effects: bigint[] = [];
  const look = () => {
    const result = parent.call("wait4", [ANY_CHILD, 0n, options | WNOHANG, 0n]);
    // A child is one whatever its pid.
    effects.push(result > 0n ? 1n : result);
  };
  const child = parent.fork();
  look();
  effects.push(blocks(parent, options) ? 1n : 0n);
  parent.send(child, SIGSTOP);
  parent.call("waitid", [P_PID, BigInt(child), 0n, WSTOPPED_WNOWAIT, 0n]);
  look();
  parent.send(child, SIGCONT);
  look();
  parent.kill(child);
  const clone = parent.fork(undefined, 0n);
  look();
  parent.kill(clone);
  return effects.join();
}

/** Whether a wait has to be interrupted by a timer. */
function blocks(parent: Tracee, options: bigint): boolean {
  const isOwn = (stop: TraceeStop) => stop.signal === SIGALRM || isBreakpoint(stop);
  setTimer(parent, INTERRUPTED_AFTER);
  parent.call("wait4", [ANY_CHILD, 0n, options, 0n], undefined, 0n, isOwn);
  const blocked = parent.last.signal === SIGALRM;
  setTimer(parent, 0n);
  return blocked;
}

function setTimer(parent: Tracee, microseconds: bigint): void {
  // struct itimerval: the interval, then the time, in seconds and microseconds.
  parent.writeWords("argument", 0n, 0n, 0n, microseconds);
  parent.call("setitimer", [0n, slot("argument"), 0n]);
}
