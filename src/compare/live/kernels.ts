/*
 * What Linux accepts in some versions only. An encoder that is right on another kernel than the one at hand is not wrong,
 * so a judgement in which the two differ in one of these is undecided.
 */

import type { Clones } from "./clones.ts";

/** copy_process, kernel/fork.c: 83b290c9e3b5 "pidfd: clone: allow CLONE_THREAD | CLONE_PIDFD together", in 6.9. */
const PIDFD_THREAD = "CLONE_PIDFD with CLONE_THREAD is accepted from Linux 6.9 on";
/**
 * kernel_clone, kernel/fork.c: 09e7827e7857 "kernel/fork: validate exit_signal in kernel_clone()", in 7.1. It was proposed
 * for 6.12 and 7.0, and objected to. clone3 has always refused them, in copy_clone_args_from_user.
 */
const EXIT_SIGNALS = "exit signals above 64 are refused from Linux 7.1 on";
/**
 * handle_signal and arch_do_signal_or_restart, arch/x86/kernel/signal.c: 9ddcb87b9218 "x86/regs: Syscall_get_nr() returns -1
 * for a non-system call", in 5.14. Before it any negative number was no call.
 */
const NEGATIVE_NUMBERS = "calls with negative numbers are restarted from Linux 5.14 on";

const MOST_SIGNAL = 64n;
const SIGCHLD = 17n;

/** A difference between kernels in what clone refuses: the word without it, which all kernels treat in one way. */
interface CloneVariant {
  readonly about: string;
  readonly common: { readonly flags: bigint; readonly signal: bigint };
}

/** What in a clone with these flags and this exit signal some kernels refuse, and others accept. */
function cloneVariant(clones: Clones, flags: bigint, signal: bigint): CloneVariant | undefined {
  const pidfd = clones.flag("CLONE_PIDFD");
  const thread = clones.flag("CLONE_THREAD");
  const both = (flags & pidfd) !== 0n && (flags & thread) !== 0n;
  const odd = signal > MOST_SIGNAL;
  if (!both && !odd) return undefined;
  return {
    about: [...(both ? [PIDFD_THREAD] : []), ...(odd ? [EXIT_SIGNALS] : [])].join(", and "),
    common: { flags: both ? flags & ~pidfd : flags, signal: odd ? SIGCHLD : signal },
  };
}

/**
 * Why the kernel and an encoder may both be right although one refuses a clone and the other accepts it; undefined if
 * kernels do not differ in it.
 *
 * @param refusesCommon asks the kernel about what all kernels treat in one way: another reason to refuse counts
 */
export function cloneDifference(
  clones: Clones,
  { flags, signal }: { readonly flags: bigint; readonly signal: bigint },
  refuses: boolean,
  refusesCommon: (flags: bigint, signal: bigint) => boolean,
): string | undefined {
  const variant = cloneVariant(clones, flags, signal);
  if (variant === undefined) return undefined;
  if (refuses && refusesCommon(variant.common.flags, variant.common.signal)) return undefined;
  return differs(variant.about, refuses ? "refuses" : "accepts");
}

/** The same of a restart of a call with this number in orig_rax. */
export function restartDifference(number: bigint, restarts: boolean): string | undefined {
  const half = BigInt.asIntN(32, number);
  if (half >= 0n || half === -1n) return undefined;
  return differs(NEGATIVE_NUMBERS, restarts ? "restarts" : "does not restart");
}

function differs(about: string, does: string): string {
  return `${about}, and this kernel ${does} that: encoders may differ`;
}
