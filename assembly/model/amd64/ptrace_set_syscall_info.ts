// ptrace_set_syscall_info, kernel/ptrace.c. The words of struct ptrace_syscall_info:
//
//   0  op, reserved, flags, arch    1  instruction_pointer    2  stack_pointer
//   3  nr, or rval                  4  args[0], or is_error   5..9  args[1..5]

import { REG_orig_rax, REG_rax } from "../../amd64/registers";
import { Setup } from "../../fuzz/setup";
import { EINVAL, EIO, ERANGE } from "../../linux/errno";
import { set } from "../prediction";
import { use } from "../rule";
import { AT_ENTRY, AT_EXIT, AT_SYSEMU } from "../stops";
import { task } from "./task";

const NR = 3 * 8;
const ARGS = 4 * 8;
const RVAL = 3 * 8;
const IS_ERROR = 4 * 8;

/**
 * There is no PTRACE_SET_SYSCALL_INFO: {errno}.
 * @source ptrace_request, kernel/ptrace.c, 6.12
 * @needs !set_syscall_info
 */
export let W24: u32 = 0;
export let W24_errno: i32 = EIO;

/**
 * PTRACE_SET_SYSCALL_INFO needs at least {size} bytes, otherwise {errno}.
 * @source ptrace_set_syscall_info, kernel/ptrace.c, 6.16
 * @needs set_syscall_info
 * @since 6.16
 */
export let W16: u32 = 0;
export let W16_size: u32 = 88;
export let W16_errno: i32 = EINVAL;

/**
 * flags and reserved must be 0 (the bits {mask} of the first word), otherwise {errno}.
 * @source ptrace_set_syscall_info, kernel/ptrace.c, 6.16
 * @needs set_syscall_info
 * @since 6.16
 */
export let W17: u32 = 0;
export let W17_mask: u64 = 0xffff_ff00;
export let W17_errno: i32 = EINVAL;

/**
 * op must be {entry} at an entry stop and {exit} at an exit stop; at other stops every op is refused: {errno}.
 * @source ptrace_set_syscall_info, kernel/ptrace.c, 6.16
 * @needs set_syscall_info
 * @since 6.16
 */
export let W18: u32 = 0;
export let W18_entry: u32 = 1;
export let W18_exit: u32 = 2;
export let W18_errno: i32 = EINVAL;

/** Returns the errno. */
export function ptraceSetSyscallInfo(setup: Setup): i32 {
  if (use(W24)) return W24_errno;
  const words = setup.words;
  const entry = task.stop == AT_ENTRY || task.stop == AT_SYSEMU;
  const exit = task.stop == AT_EXIT;
  const op: u32 = load<u8>(words);
  const right = entry ? op == W18_entry : exit && op == W18_exit;
  if (setup.length < W16_size && use(W16)) return W16_errno;
  if ((load<u64>(words) & W17_mask) != 0 && use(W17)) return W17_errno;
  if (!right && use(W18)) return W18_errno;
  return entry ? setEntry(words) : setExit(words);
}

/**
 * At an entry stop nr must be an int, sign-extended, otherwise {errno}.
 * @source ptrace_set_syscall_info_entry, kernel/ptrace.c, 6.16
 * @needs set_syscall_info
 * @since 6.16
 */
export let W19: u32 = 0;
export let W19_errno: i32 = ERANGE;

/**
 * nr is written to orig_rax.
 * @source syscall_set_nr, arch/x86/include/asm/syscall.h, 6.16
 * @needs set_syscall_info
 * @since 6.16
 */
export let W20: u32 = 0;

/**
 * The arguments are written to rdi, rsi, rdx, r10, r8 and r9, unless nr is {none}.
 * @source ptrace_set_syscall_info_entry, kernel/ptrace.c, 6.16
 * @needs set_syscall_info
 * @since 6.16
 */
export let W21: u32 = 0;
export let W21_none: i32 = -1;

/** rdi, rsi, rdx, r10, r8 and r9: their places in a block. */
const argumentRegisters = memory.data<u8>([14, 13, 12, 7, 9, 8]);

/**
 * At the entry of a 32-bit call the arguments are written to rbx, rcx, rdx, rsi, rdi and rbp.
 * @source syscall_set_arguments, arch/x86/include/asm/syscall.h: TS_COMPAT, 6.16
 * @needs set_syscall_info
 * @since 6.16
 */
export let W65: u32 = 0;

/** rbx, rcx, rdx, rsi, rdi and rbp. */
const argumentRegisters32 = memory.data<u8>([5, 11, 12, 13, 14, 4]);

function setEntry(words: usize): i32 {
  const nr = load<i64>(words, NR);
  if (nr != i64(i32(nr)) && use(W19)) return W19_errno;
  if (use(W20)) set(REG_orig_rax, u64(i64(i32(nr))));
  if (i32(nr) != W21_none && use(W21)) {
    const registers = task.in32 && use(W65) ? argumentRegisters32 : argumentRegisters;
    for (let k = 0; k < 6; k++) {
      set(8 * i32(load<u8>(registers + k)), load<u64>(words + 8 * k, ARGS));
    }
  }
  return 0;
}

/**
 * At an exit stop rval is written to rax; if is_error is set, it is cut to an int and sign-extended.
 * @source syscall_set_return_value, arch/x86/include/asm/syscall.h, 6.16
 * @needs set_syscall_info
 * @since 6.16
 */
export let W22: u32 = 0;

function setExit(words: usize): i32 {
  const rval = load<i64>(words, RVAL);
  const isError = load<u8>(words, IS_ERROR) != 0;
  set(REG_rax, u64(use(W22) && isError ? i64(i32(rval)) : rval));
  return 0;
}
