// set_segment_reg, arch/x86/kernel/ptrace.c

import { REG_ds } from "../../amd64/registers";
import { EIO } from "../../linux/errno";
import { set } from "../registers";
import { use } from "../rule";

/**
 * A selector is cut to the bits {mask}.
 * @source set_segment_reg, arch/x86/kernel/ptrace.c, 6.12
 */
export let W2: u32 = 0;
export let W2_mask: u64 = 0xffff;

/**
 * A selector other than 0 must have the privilege level {level} in the bits {bits}, otherwise {errno}.
 * @source invalid_selector, arch/x86/kernel/ptrace.c, 6.12
 */
export let W3: u32 = 0;
export let W3_level: u64 = 3;
export let W3_bits: u64 = 3;
export let W3_errno: i32 = EIO;

/**
 * cs and ss must not be 0, otherwise {errno}.
 * @source set_segment_reg, arch/x86/kernel/ptrace.c, 6.12
 */
export let W4: u32 = 0;
export let W4_errno: i32 = EIO;

export function setSegmentReg(register: i32, word: u64): i32 {
  const value = use(W2) ? word & W2_mask : word;
  if (value != 0 && (value & W3_bits) != W3_level && use(W3)) return W3_errno;
  if (value == 0 && register < REG_ds && use(W4)) return W4_errno;
  set(register, value);
  return 0;
}
