/*
 * What Linux accepts in some versions only. An encoder that is right on another kernel than the one at hand is not wrong,
 * so a judgement in which the two differ in one of these is undecided.
 */

import type { Clones } from "./children.ts";
import { undecided } from "./judge.ts";

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

/**
 * Ends an examination in which one of the kernel and an encoder refuses a clone and the other accepts it, if kernels differ
 * in that: both may be right.
 *
 * @param refuses whether the kernel refuses it
 * @param refusesCommon asks the kernel about the nearest clone that all kernels treat in one way: another reason to refuse
 * counts
 */
export function excuseClone(
  clones: Clones,
  { flags, signal }: { readonly flags: bigint; readonly signal: bigint },
  refuses: boolean,
  refusesCommon: (flags: bigint, signal: bigint) => boolean,
): void {
  const [pidfd, both] = [clones.flags("PIDFD"), clones.flags("PIDFD THREAD")];
  const about: string[] = [];
  if ((flags & both) === both) about.push(PIDFD_THREAD);
  if (signal > MOST_SIGNAL) about.push(EXIT_SIGNALS);
  const common = (flags & both) === both ? flags & ~pidfd : flags;
  const refused = refuses && refusesCommon(common, signal > MOST_SIGNAL ? SIGCHLD : signal);
  if (about.length > 0 && !refused) differ(about.join(", and "), refuses ? "refuses" : "accepts");
}

/** The same of a restart of a call with this number in orig_rax. */
export function excuseRestart(number: bigint, restarts: boolean): void {
  const half = BigInt.asIntN(32, number);
  if (half < -1n) differ(NEGATIVE_NUMBERS, restarts ? "restarts" : "does not restart");
}

function differ(about: string, does: string): never {
  undecided(`${about}, and this kernel ${does} that: encoders may differ`);
}
