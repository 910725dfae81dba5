// putreg, arch/x86/kernel/ptrace.c

import {
  REG_cs,
  REG_ds,
  REG_eflags,
  REG_fs_base,
  REG_gs_base,
  REG_rsp,
  REG_ss,
} from "../../amd64/registers";
import { EIO } from "../../linux/errno";
import { get, set } from "../registers";
import { use } from "../rule";
import { setSegmentReg } from "./set_segment_reg";
import { task } from "./task";

/**
 * Of eflags only CF, PF, AF, ZF, SF, TF, DF, OF, NT, RF and AC are written ({mask}); all other bits stay.
 * @source set_flags, arch/x86/kernel/ptrace.c: FLAG_MASK, 6.12
 */
export let W7: u32 = 0;
export let W7_mask: u64 = 0x54dd5;

const TRAP_FLAG: u64 = 0x100;

function setFlags(word: u64): i32 {
  if ((word & TRAP_FLAG) != 0) task.wroteTrapFlag = true;
  set(REG_eflags, use(W7) ? (get(REG_eflags) & ~W7_mask) | (word & W7_mask) : word);
  return 0;
}

/**
 * fs_base and gs_base must be below {limit}, otherwise {errno}.
 * @source putreg, arch/x86/kernel/ptrace.c: TASK_SIZE_MAX, 6.12
 */
export let W5: u32 = 0;
export let W5_limit: u64 = 0x7fff_ffff_f000;
export const W5_limit_la57: u64 = 0xff_ffff_ffff_f000;
export let W5_errno: i32 = EIO;

/** Writes one register. Returns the errno. */
export function putreg(register: i32, word: u64): i32 {
  if (register < REG_cs || register == REG_rsp) set(register, word);
  else if (register == REG_cs || register == REG_ss || register >= REG_ds)
    return setSegmentReg(register, word);
  else if (register == REG_eflags) return setFlags(word);
  else if ((register == REG_fs_base || register == REG_gs_base) && word >= W5_limit && use(W5))
    return W5_errno;
  else set(register, word);
  return 0;
}
