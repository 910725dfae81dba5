import type { EncoderFunctions } from "../../../../core/encoder/abi.ts";
import { refusesFlags } from "./clone.ts";
import { constant, number, union } from "./constants.ts";
import type { Memory } from "./memory.ts";

/** struct clone_args (linux/sched.h) as words in their order. */
type CloneArgs =
  Parameters<EncoderFunctions["encodeClone3"]> extends [number, ...infer Words]
    ? Readonly<Words>
    : never;

const SIZE = number("CLONE3_SIZE");
const EINVAL = number("EINVAL");

/** CLONE_NEWTIME (linux/sched.h): the only bit of CSIGNAL that is a flag of clone3. */
const NEWTIME = 0x80n;
/** The known flags: up to CLONE_INTO_CGROUP, except CLONE_DETACHED. */
const LEGAL =
  (2n * constant("CLONE_INTO_CGROUP") - 1n) &
  ~(constant("CSIGNAL") & ~NEWTIME) &
  ~constant("CLONE_DETACHED");
const NEW_HANDLERS = union("CLONE_SIGHAND", "CLONE_CLEAR_SIGHAND");
const WITHOUT_SIGNAL = union("CLONE_THREAD", "CLONE_PARENT");
const INTO_CGROUP = constant("CLONE_INTO_CGROUP");
const PIDFD_AND_TID = union("CLONE_PIDFD", "CLONE_PARENT_SETTID");

const LAST_SIGNAL = constant("SIGRTMAX");
/** MAX_PID_NS_LEVEL, the deepest nesting of pid namespaces (clone(2), "set_tid_size"). */
const MOST_TIDS = 32n;
const LAST_DESCRIPTOR = 2n ** 31n - 1n;

/** Returns the function that writes struct clone_args to a memory, or returns -EINVAL if clone3(2) refuses it. */
export function clone3Encoder(memory: Memory): EncoderFunctions["encodeClone3"] {
  return (at, ...args) => {
    const first = memory.indexOf(at, SIZE);
    if (isRefused(args)) return -EINVAL;
    for (let i = 0; i < args.length; i++) memory.set(first + i, args[i] ?? 0n);
    return SIZE;
  };
}

function isRefused(args: CloneArgs): boolean {
  const [flags, pidfd, , parentTid, exitSignal, stack, stackSize, , setTid, setTidSize, cgroup] =
    args;
  return (
    (unsigned(flags) & ~LEGAL) !== 0n ||
    refusesFlags(flags) ||
    (flags & NEW_HANDLERS) === NEW_HANDLERS ||
    refusesSignal(flags, unsigned(exitSignal)) ||
    isZero(stack) !== isZero(stackSize) ||
    isZero(setTid) !== isZero(setTidSize) ||
    unsigned(setTidSize) > MOST_TIDS ||
    ((flags & INTO_CGROUP) !== 0n && unsigned(cgroup) > LAST_DESCRIPTOR) ||
    // One word would receive both the pidfd and the tid.
    ((flags & PIDFD_AND_TID) === PIDFD_AND_TID && isZero(pidfd - parentTid))
  );
}

/** Whether clone3(2) refuses an exit signal: a thread or a sibling cannot have one of its own. */
function refusesSignal(flags: bigint, signal: bigint): boolean {
  return signal > LAST_SIGNAL || ((flags & WITHOUT_SIGNAL) !== 0n && signal !== 0n);
}

function unsigned(word: bigint): bigint {
  return BigInt.asUintN(64, word);
}

function isZero(word: bigint): boolean {
  return unsigned(word) === 0n;
}
