// Accesses of a program to memory: what the processor checks, in the order in which it checks.

import { REG_ds } from "../../amd64/registers";
import { SI_KERNEL } from "../../linux/siginfo";
import { SIGSEGV } from "../../linux/signal";
import { get, giveUp } from "../prediction";
import { use } from "../rule";
import { watch } from "./hw_breakpoint";
import { CODE_PAGE, CONSTANT_PAGE, pageAt, SCRATCH_PAGE, UNMAPPED } from "./target";
import { hasFlags, task } from "./task";
import { alignmentCheck, generalProtection, notCanonical, pageFault, R50_flag } from "./traps";

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

/**
 * In 32-bit code an access by ds needs ds = {data}, or, to read, {code64}, {code32} or {cpunode}; with other
 * selectors the signal is that of HLT.
 * @source SDM volume 3, 6.15
 * @asked amd intel
 */
export let R57: u32 = 0;
export let R57_data: u64 = 0x2b;
export let R57_code64: u64 = 0x33;
export let R57_code32: u64 = 0x23;
export let R57_cpunode: u64 = 0x7b;

/**
 * In 32-bit code a program reads up to {limit} by ds = {selector}: that segment begins after the number of the
 * processor and its node.
 * @source setup_getcpu, arch/x86/kernel/cpu/common.c, 6.12
 */
export let U8: u32 = 0;
export let U8_selector: u64 = 0x7b;
export let U8_limit: u64 = 0xf_ffff;

/**
 * Where other accesses of 32-bit code wrap at 4 GB, one by ds = {cpunode} is refused like HLT: that segment ends
 * there.
 * @source SDM volume 3, 5.3: expand-down segments
 * @asked intel
 * @needs data_wraps
 */
export let R116: u32 = 0;
export let R116_cpunode: u64 = 0x7b;

/** Whether 32-bit code may access `size` bytes by ds; if not, the task has stopped. */
export function mayUseDs(address: u64, size: u64, write: bool): bool {
  const ds = get(REG_ds);
  if (giveUp(U8, ds == U8_selector && !write && address <= U8_limit)) return false;
  const readable = ds == R57_code64 || ds == R57_code32 || ds == R57_cpunode;
  const right = ds == R57_data || (!write && readable);
  if (right && ds == R116_cpunode && (address + size - 1) >> 32 != 0 && use(R116)) {
    return !generalProtection();
  }
  return right || !use(R57) || !generalProtection();
}

/**
 * In 32-bit code an access by ss across the end of 4 GB is like one at an address that is not canonical.
 * @source SDM volume 3, 6.15: implementation-specific
 * @asked amd
 * @needs !stack_wraps
 */
export let R69: u32 = 0;

/**
 * In 32-bit code an access by ds across the end of 4 GB is like one at an address that is not canonical.
 * @source SDM volume 3, 6.15: implementation-specific
 * @asked amd
 * @needs !data_wraps
 */
export let R113: u32 = 0;

/**
 * In 64-bit code an access that ends at an address that is not canonical is like one that begins there.
 * @source measured
 * @asked amd intel
 */
export let R107: u32 = 0;

/**
 * A misaligned access across the end of canonical addresses raises the alignment check first.
 * @source SDM volume 3, 6.9: faults of memory accesses have no fixed order
 * @asked intel
 * @needs alignment_first
 */
export let R114: u32 = 0;

/**
 * An access across the end of a page of {size} bytes faults at the beginning of the next page.
 * @source measured
 * @asked amd intel
 */
export let R54: u32 = 0;
export let R54_size: u64 = 4096;

/**
 * A further step accesses memory while PKRU forbids accesses to key 0.
 * @source access_error, arch/x86/mm/fault.c: X86_PF_PK, 6.12
 */
export let U26: u32 = 0;

/** Whether an access of `size` bytes is possible; if not, the task has stopped. `short` means 32-bit code. */
export function access(address: u64, size: u64, write: bool, isStack: bool, short: bool): bool {
  if (giveUp(U26, task.locked)) return false;
  const last = address + size - 1;
  const beyond = short
    ? last >> 32 != 0 && use(isStack ? R69 : R113)
    : !isCanonical(last) && use(R107);
  const misaligned = address % size != 0 && hasFlags(R50_flag);
  if (!isCanonical(address) || beyond) {
    const checked = misaligned && !short && isCanonical(address) && use(R114) && alignmentCheck();
    if (checked || notCanonical(isStack)) return false;
  }
  if (misaligned && alignmentCheck()) return false;
  const page = pageAt(address);
  if (!isAllowed(page, write)) return !pageFault(page != UNMAPPED, address);
  if (task.armed != 0) watch(address, size, write);
  if (last % R54_size >= size - 1) return true;
  const next = last - (last % R54_size);
  const second = pageAt(next);
  return isAllowed(second, write) || !pageFault(second != UNMAPPED, use(R54) ? next : address);
}

function isAllowed(page: u32, write: bool): bool {
  return write ? page == SCRATCH_PAGE : page != UNMAPPED;
}

/** Whether the four bytes at an address are known: on the page of code or of constants. */
export function isConstant(address: u64): bool {
  const page = pageAt(address);
  return (page == CODE_PAGE || page == CONSTANT_PAGE) && pageAt(address + 3) == page;
}
