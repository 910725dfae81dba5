import { constant, number, union } from "./constants.ts";

const EINVAL = constant("EINVAL");

/*
 * The first argument of clone(2):
 *
 *     63        32 31              8 7             0
 *    +------------+-----------------+---------------+
 *    |     0      |     CLONE_*     |  exit signal  |
 *    +------------+-----------------+---------------+
 */
const CSIGNAL = number("CSIGNAL");
const CLONE_MASK = 0xffff_ff00n;
const LAST_WORD = 0xffff_ffffn;

/** A refused combination: all flags of `set` are set, and the flag `clear` is not. All are within 32 bits. */
interface Refusal {
  readonly set: number;
  readonly clear: number;
}

function refusal(set: readonly string[], clear?: string): Refusal {
  return { set: flags32(union(...set)), clear: clear === undefined ? 0 : number(clear) };
}

/** The combinations that clone(2) and clone3(2) refuse with EINVAL. */
const REFUSED: readonly Refusal[] = [
  refusal(["CLONE_NEWNS", "CLONE_FS"]),
  refusal(["CLONE_NEWUSER", "CLONE_FS"]),
  refusal(["CLONE_THREAD"], "CLONE_SIGHAND"),
  refusal(["CLONE_SIGHAND"], "CLONE_VM"),
  refusal(["CLONE_THREAD", "CLONE_NEWUSER"]),
  refusal(["CLONE_THREAD", "CLONE_NEWPID"]),
  refusal(["CLONE_NEWIPC", "CLONE_SYSVSEM"]),
];

/** The same and those that only clone(2) refuses. */
const REFUSED_BY_CLONE: readonly Refusal[] = [
  ...REFUSED,
  refusal(["CLONE_PIDFD", "CLONE_DETACHED"]),
  // One argument would receive both the pidfd and the tid.
  refusal(["CLONE_PIDFD", "CLONE_PARENT_SETTID"]),
];

/** The low half of flags, as a Number: bitwise operators of Numbers are faster than those of BigInts. */
function flags32(flags: bigint): number {
  return Number(BigInt.asIntN(32, flags));
}

function isRefused(flags: number, refusals: readonly Refusal[]): boolean {
  for (const { set, clear } of refusals) if ((flags & (set | clear)) === set) return true;
  return false;
}

/** Whether both calls refuse these flags. */
export function refusesFlags(flags: bigint): boolean {
  return isRefused(flags32(flags), REFUSED);
}

/** Flags and exit signal in one word; -EINVAL if they do not fit, or if clone(2) refuses them. */
export function encodeClone(flags: bigint, exitSignal: number): bigint {
  const word = BigInt.asUintN(64, flags);
  if (word > LAST_WORD) return -EINVAL;
  const bits = flags32(word);
  const signal = exitSignal | 0;
  if ((bits & CSIGNAL) !== 0 || (signal & CSIGNAL) !== signal) return -EINVAL;
  return isRefused(bits, REFUSED_BY_CLONE) ? -EINVAL : word | BigInt(signal);
}

/** The flags of a clone word. */
export function cloneFlags(word: bigint): bigint {
  return BigInt.asUintN(64, word & CLONE_MASK);
}

/** The exit signal of a clone word. */
export function cloneExitSignal(word: bigint): number {
  return Number(BigInt.asUintN(8, word));
}
