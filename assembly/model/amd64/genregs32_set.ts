// genregs32_set and putreg32, arch/x86/kernel/ptrace.c: NT_PRSTATUS of a task that is not in 64-bit code

import { REG_fs, REG_fs_base, REG_gs_base, REG_orig_rax } from "../../amd64/registers";
import { EINVAL } from "../../linux/errno";
import { set } from "../prediction";
import { use } from "../rule";
import { isNoCall } from "./arch_do_signal_or_restart";
import { putreg, W1 } from "./ptrace";
import { task } from "./task";

/**
 * With another cs than {cs} NT_PRSTATUS is struct user_regs_struct32, whose words of {size} bytes are zero-extended. The
 * length must be a multiple of that, otherwise {errno}; more than {most} bytes are cut.
 * @source task_user_regset_view, putreg32, arch/x86/kernel/ptrace.c: user_64bit_mode, 6.12
 * @needs ia32
 */
export let W81: u32 = 0;
export let W81_cs: u64 = 0x33;
export let W81_size: u32 = 4;
export let W81_errno: i32 = EINVAL;
export let W81_most: u32 = 68;

/** ebx, ecx, edx, esi, edi, ebp, eax, ds, es, fs, gs, orig_eax, eip, cs, eflags, esp and ss: their places in a block. */
export const ORDER = memory.data<u8>([
  5, 11, 12, 13, 14, 4, 10, 23, 24, 25, 26, 15, 16, 17, 18, 19, 20,
]);

/** Writes the first `length` bytes of a block. Returns the errno. */
export function genregs32Set(block: usize, length: u32): i32 {
  let errno = length % W81_size != 0 ? W81_errno : 0;
  const count: u32 = errno != 0 ? 0 : min(length, W81_most) / 4;
  for (let k: u32 = 0; k < count; k++) {
    const refused = putreg32(8 * i32(load<u8>(ORDER + k)), load<u32>(block + 4 * k));
    if (refused == 0) continue;
    errno = refused;
    if (use(W1)) break;
  }
  return errno;
}

/**
 * So fs and gs are written with their bases, which become 0.
 * @source putreg32, arch/x86/kernel/ptrace.c: x86_fsgsbase_read_task, 6.12
 * @needs ia32
 */
export let W82: u32 = 0;

/**
 * After such a write of orig_eax, unless there is no call then, errors are as in a 32-bit call.
 * @source putreg32, arch/x86/kernel/ptrace.c: TS_I386_REGS_POKED, 6.12
 * @needs ia32
 */
export let W83: u32 = 0;

function putreg32(register: i32, word: u64): i32 {
  const errno = putreg(register, word);
  if (errno == 0 && register >= REG_fs && use(W82)) {
    set(register == REG_fs ? REG_fs_base : REG_gs_base, 0);
  }
  if (register == REG_orig_rax && !isNoCall() && use(W83)) task.poked32 = true;
  return errno;
}
