// valid_user_regs and gpr_set, arch/arm64/kernel/ptrace.c: what NT_PRSTATUS takes

import { REG_pstate, REG_x0, REGISTERS_SIZE } from "../../arm64/registers";
import { EINVAL } from "../../linux/errno";
import { bit, get, know, put } from "../prediction";
import { use } from "../rule";
import { AT_ENTRY, AT_SYSEMU } from "../stops";
import { task } from "./task";

/**
 * A length that is not a multiple of {size} bytes is refused: {errno}.
 * @source ptrace_regset, kernel/ptrace.c, 6.12
 */
export let W201: u32 = 0;
export let W201_size: u32 = 8;
export let W201_errno: i32 = EINVAL;

/**
 * NT_PRSTATUS refuses pstate with any of the bits {mask}: {errno}, and no register changes.
 * @source valid_native_regs, arch/arm64/kernel/ptrace.c, 6.12
 */
export let W202: u32 = 0;
/** The mode, PSR_MODE32_BIT, and the masks of exceptions: PSR_F_BIT, PSR_I_BIT, PSR_A_BIT, PSR_D_BIT. */
export let W202_mask: u64 = 0x3df;
export let W202_errno: i32 = EINVAL;

/**
 * The bits {cleared} of pstate, which are reserved, become 0.
 * @source SPSR_EL1_AARCH64_RES0_BITS, arch/arm64/kernel/ptrace.c, 6.12
 */
export let W203: u32 = 0;
export let W203_cleared: u64 = (u64(0xffff_ffff) << 32) | 0x0cdf_e020;

/**
 * PSTATE.SS ({bit}) is not written: it becomes that of the last resume, 0 unless that was a single-step; it does so, too,
 * when a handler is entered.
 * @source user_regs_reset_single_step, arch/arm64/kernel/debug-monitors.c, 6.12
 */
export let W204: u32 = 0;
export let W204_bit: u64 = 0x20_0000;

/**
 * At the entry of a call x0 is also its first argument, with which it is restarted (orig_x0).
 * @source update_syscall_orig_x0_after_ptrace, arch/arm64/kernel/ptrace.c, 6.12.118
 * @needs orig_x0
 */
export let W205: u32 = 0;

/** Writes the first bytes of a block. Returns the errno. */
export function gprSet(words: usize, length: u32): i32 {
  if (length % W201_size != 0 && use(W201)) return W201_errno;
  const size = min(length, u32(REGISTERS_SIZE)) & ~7;
  const pstate = size > u32(REG_pstate) ? load<u64>(words, REG_pstate) : get(REG_pstate);
  const reserved = (pstate & W203_cleared) != 0;
  const kept = reserved && use(W203) ? pstate & ~W203_cleared : pstate;
  if ((kept & W202_mask) != 0 && use(W202)) return W202_errno;
  for (let k: u32 = 0; k < size; k += 8) {
    const at = i32(k);
    put(at, load<u64>(words + k));
    know(bit(k));
  }
  put(REG_pstate, resetSingleStep(kept));
  updateFirst();
  return 0;
}

/** user_regs_reset_single_step: pstate with the bit of a single-step. */
export function resetSingleStep(pstate: u64): u64 {
  const steps = task.singlestep ? W204_bit : 0;
  return (pstate & W204_bit) != steps && use(W204) ? pstate ^ W204_bit : pstate;
}

/** The call may be restarted with another argument. */
export function updateFirst(): void {
  if ((task.stop == AT_ENTRY || task.stop == AT_SYSEMU) && use(W205)) task.first = get(REG_x0);
}
