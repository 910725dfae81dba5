// Canonical addresses.

import { SI_KERNEL } from "../../linux/siginfo";
import { SIGSEGV } from "../../linux/signal";

/**
 * An address is canonical if all bits from bit {bits} on are equal. rip that is not canonical cannot be returned to:
 * {signal}, si_code {si}.
 * @source IRET, SDM volume 2; fixup_bad_iret, arch/x86/kernel/traps.c, 6.12
 * @asked amd intel
 */
export let R28: u32 = 0;
export let R28_bits: u64 = 47;
export const R28_bits_la57: u64 = 56;
export let R28_signal: u32 = SIGSEGV;
export let R28_si: i32 = SI_KERNEL;

export function isCanonical(address: u64): bool {
  const upper = i64(address) >> R28_bits;
  return upper == 0 || upper == -1;
}
