// syscall_user_dispatch, task_set_syscall_user_dispatch and syscall_user_dispatch_set_config,
// kernel/entry/syscall_user_dispatch.c: what becomes of calls, and PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG. The words of
// struct ptrace_sud_config:
//
//   0  mode    1  selector    2  offset    3  len
//
// After them a setup has rip and rax.

import { REG_orig_rax, REG_rax, REG_rip } from "../../amd64/registers";
import { Setup } from "../../fuzz/setup";
import { EFAULT, EINVAL, EIO } from "../../linux/errno";
import { SIGSEGV, SIGSYS } from "../../linux/signal";
import { copy, get, giveUp, known, outcome } from "../prediction";
import { use } from "../rule";
import { U26 } from "./access";
import { forceSig } from "./force_sig";
import { putreg } from "./ptrace";
import { byteAt, CODE_PAGE, CONSTANT_PAGE, pageAt, SCRATCH_PAGE, STUB_PAGE } from "./target";
import { task } from "./task";

const SELECTOR = 8;
const OFFSET = 16;
const LENGTH = 24;
const RIP = 32;
const RAX = 40;

/**
 * A call that returns to an address outside of the range is not executed and not traced: {signal}, si_code {code}
 * (SYS_USER_DISPATCH), si_call_addr = rip, and rax = orig_rax.
 * @source syscall_user_dispatch, kernel/entry/syscall_user_dispatch.c, 6.12
 * @needs sud
 */
export let R86: u32 = 0;
export let R86_signal: u32 = SIGSYS;
export let R86_code: i32 = 2;

/** syscall_rollback and trigger_sigsys */
function triggerSigsys(): bool {
  copy(REG_orig_rax, REG_rax);
  return forceSig(R86_signal, R86_code, get(REG_rip));
}

/**
 * A selector points to a byte: with {allow} the call is executed, with {block} it is not; any other byte ends the
 * process by {other}, and one that cannot be read by {unmapped}.
 * @source syscall_user_dispatch, kernel/entry/syscall_user_dispatch.c, 6.12
 * @needs sud
 */
export let R87: u32 = 0;
export let R87_allow: u32 = 0;
export let R87_block: u32 = 1;
export let R87_other: u32 = SIGSYS;
export let R87_unmapped: u32 = SIGSEGV;

/**
 * The selector of a call is in memory that programs may have written, or in the stub code.
 * @source syscall_user_dispatch, kernel/entry/syscall_user_dispatch.c, 6.12
 */
export let U20: u32 = 0;

/** Whether a call is not executed. */
export function syscallUserDispatch(): bool {
  if (get(REG_rip) - task.dispatchOffset < task.dispatchLength) return false;
  const selector = task.dispatchSelector;
  if (selector != 0) {
    const page = pageAt(selector);
    if (giveUp(U26, task.locked)) return true;
    if (giveUp(U20, page == SCRATCH_PAGE || page == STUB_PAGE)) return true;
    const isReadable = page == CODE_PAGE || page == CONSTANT_PAGE;
    const state = isReadable ? byteAt(selector) : 0;
    if (isReadable && state == R87_allow && use(R87)) return false;
    if (!(isReadable && state == R87_block) && use(R87)) {
      task.ends = isReadable ? R87_other : R87_unmapped;
      return true;
    }
  }
  return use(R86) && triggerSigsys();
}

/**
 * Mode {off} turns dispatch off, and all else must be 0; with mode {on} the range must not wrap around or be empty,
 * unless offset is 0; others are refused: {errno}.
 * @source task_set_syscall_user_dispatch, kernel/entry/syscall_user_dispatch.c, 6.12
 * @needs sud
 */
export let W68: u32 = 0;
export let W68_off: u64 = 0;
export let W68_on: u64 = 1;
export let W68_errno: i32 = EINVAL;

/**
 * Mode {mode} is for the calls inside a range, which must not wrap around or be empty; it is kept as mode {on} with
 * the range outside.
 * @source task_set_syscall_user_dispatch, kernel/entry/syscall_user_dispatch.c, 6.16
 * @needs sud_inclusive
 * @since 6.16
 */
export let W69: u32 = 0;
export let W69_mode: u64 = 2;
export let W69_on: u64 = 1;

/**
 * A selector above {USER_PTR_MAX} is refused: {errno}.
 * @source access_ok, arch/x86/include/asm/uaccess_64.h: valid_user_address, 6.6; USER_PTR_MAX, 6.12, whose comment
 * has the limit with LAM
 * @needs sud
 */
export let W70: u32 = 0;
export let W70_USER_PTR_MAX: u64 = 0x7fff_ffff_f000;
export const W70_USER_PTR_MAX_la57: u64 = 0xff_ffff_ffff_f000;
export const W70_USER_PTR_MAX_sud_tagged: u64 = 0x7fff_ffff_ffff_f000;
export const W70_USER_PTR_MAX_sud_half: u64 = u64.MAX_VALUE >> 1;
export let W70_errno: i32 = EFAULT;

function taskSetSyscallUserDispatch(words: usize): i32 {
  const wanted = load<u64>(words);
  const at = load<u64>(words, SELECTOR);
  const begin = load<u64>(words, OFFSET);
  const size = load<u64>(words, LENGTH);
  const isInclusive = wanted == W69_mode && use(W69);
  const isOff = wanted == W68_off;
  const isEmpty = begin + size <= begin;
  const isBad = isOff
    ? (at | begin | size) != 0
    : isInclusive
      ? isEmpty
      : wanted != W68_on || (begin != 0 && isEmpty);
  if (isBad && use(W68)) return W68_errno;
  if (at > W70_USER_PTR_MAX && use(W70)) return W70_errno;
  task.dispatches = !isOff;
  task.dispatchMode = isInclusive ? W69_on : wanted;
  task.dispatchSelector = at;
  task.dispatchOffset = isInclusive ? begin + size : begin;
  task.dispatchLength = isInclusive ? 0 - size : size;
  return 0;
}

/**
 * The size for PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG must be {size}, otherwise {errno}.
 * @source syscall_user_dispatch_set_config, kernel/entry/syscall_user_dispatch.c, 6.12
 * @needs sud
 * @since 6.4
 */
export let W66: u32 = 0;
export let W66_size: u32 = 32;
export let W66_errno: i32 = EINVAL;

/**
 * There is no PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG: {errno}.
 * @source ptrace_request, kernel/ptrace.c, 6.12
 * @needs !sud
 */
export let W67: u32 = 0;
export let W67_errno: i32 = EIO;

function syscallUserDispatchSetConfig(setup: Setup): i32 {
  if (use(W67)) return W67_errno;
  if (setup.length != W66_size && use(W66)) return W66_errno;
  return taskSetSyscallUserDispatch(setup.words);
}

/** Writes the configuration, then rip and rax. Returns the errno. */
export function setDispatchConfig(setup: Setup): i32 {
  const words = setup.words;
  const errno = syscallUserDispatchSetConfig(setup);
  store<u64>(outcome.written, task.dispatchMode);
  store<u64>(outcome.written, task.dispatchSelector, SELECTOR);
  store<u64>(outcome.written, task.dispatchOffset, OFFSET);
  store<u64>(outcome.written, task.dispatchLength, LENGTH);
  known.written = 15;
  if (errno != 0) return errno;
  putreg(REG_rip, load<u64>(words, RIP));
  putreg(REG_rax, load<u64>(words, RAX));
  return 0;
}
