// exc_divide_error and its like, arch/x86/kernel/traps.c, and bad_area_nosemaphore, arch/x86/mm/fault.c: the
// exceptions of the processor and their signals

import { REG_rip } from "../../amd64/registers";
import { SEGV_ACCERR, SEGV_MAPERR, SI_KERNEL, TRAP_BRKPT, TRAP_TRACE } from "../../linux/siginfo";
import { SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP } from "../../linux/signal";
import { get, put } from "../prediction";
import { use } from "../rule";
import { forceFault, forceTrap } from "./force_sig";
import { task } from "./task";

/**
 * DIV by 0, or with a quotient that is too large: {signal}, si_code {code} (FPE_INTDIV), si_addr = rip.
 * @source exc_divide_error, arch/x86/kernel/traps.c, 6.12
 */
export let R46: u32 = 0;
export let R46_signal: u32 = SIGFPE;
export let R46_code: i32 = 1;

/**
 * INT 4, and in 32-bit code INTO with OF ({flag}): {signal}, si_code {code} (SI_KERNEL), si_addr 0, with rip after
 * it.
 * @source exc_overflow, arch/x86/kernel/traps.c, 6.12
 */
export let R80: u32 = 0;
export let R80_flag: u64 = 0x800;
export let R80_signal: u32 = SIGSEGV;
export let R80_code: i32 = SI_KERNEL;

/**
 * UD2, and an instruction that does not exist: {signal}, si_code {code} (ILL_ILLOPN), si_addr = rip.
 * @source handle_invalid_op, arch/x86/kernel/traps.c, 6.12
 */
export let R44: u32 = 0;
export let R44_signal: u32 = SIGILL;
export let R44_code: i32 = 2;

/**
 * An access by rsp at an address that is not canonical: {signal}, si_code {code} (SI_KERNEL), si_addr 0.
 * @source exc_stack_segment, arch/x86/kernel/traps.c, 6.12
 * @asked amd intel
 */
export let R49: u32 = 0;
export let R49_signal: u32 = SIGBUS;
export let R49_code: i32 = SI_KERNEL;

/**
 * With AC ({flag}) in eflags a misaligned access: {signal}, si_code {code} (BUS_ADRALN), si_addr 0, whether the page
 * is mapped or not.
 * @source exc_alignment_check, arch/x86/kernel/traps.c, 6.12; its priority over a page fault: measured
 * @asked amd intel
 */
export let R50: u32 = 0;
export let R50_flag: u64 = 0x4_0000;
export let R50_signal: u32 = SIGBUS;
export let R50_code: i32 = 1;

/**
 * HLT, and a selector or an address that the processor refuses: {signal}, si_code {code} (SI_KERNEL), si_addr 0.
 * @source exc_general_protection, arch/x86/kernel/traps.c, 6.12
 */
export let R45: u32 = 0;
export let R45_signal: u32 = SIGSEGV;
export let R45_code: i32 = SI_KERNEL;

/**
 * INT3: {signal}, si_code {code} (SI_KERNEL), with rip after it.
 * @source exc_int3, arch/x86/kernel/traps.c, 6.12
 */
export let R43: u32 = 0;
export let R43_signal: u32 = SIGTRAP;
export let R43_code: i32 = SI_KERNEL;

/**
 * With TF ({flag}) in eflags, after an instruction: {signal}, si_code {code} (TRAP_TRACE), si_addr = rip.
 * @source exc_debug_user, arch/x86/kernel/traps.c, 6.12
 * @asked amd intel
 */
export let R40: u32 = 0;
export let R40_flag: u64 = 0x100;
export let R40_signal: u32 = SIGTRAP;
export let R40_code: i32 = TRAP_TRACE;

/**
 * ICEBP: {signal}, si_code {code} (TRAP_BRKPT), si_addr = rip, which is {past} past it: some hypervisors pass the
 * exception on as a fault.
 * @source exc_debug_user, arch/x86/kernel/traps.c: no bit of dr6, 6.12
 * @asked amd intel
 */
export let R81: u32 = 0;
export let R81_signal: u32 = SIGTRAP;
export let R81_code: i32 = TRAP_BRKPT;
export let R81_past: u64 = 0;
export const R81_past_icebp_trap: u64 = 1;

/**
 * A debug exception sets debug register 6 anew: {step} for that of TF, and a bit for each breakpoint that it reports.
 * @source exc_debug_user, arch/x86/kernel/traps.c: virtual_dr6; ptrace_triggered, arch/x86/kernel/ptrace.c, 6.12
 */
export let R122: u32 = 0;
export let R122_step: u64 = 0x4000;

function setDebugStatus(bits: u64): void {
  if (use(R122)) task.debugStatus = bits;
}

const TRAP_HWBKPT: i32 = 4;

/**
 * A hardware breakpoint for execution, before the instruction: {signal}, si_code {code} (TRAP_HWBKPT), si_addr = rip.
 * RF ({flag}) suppresses it.
 * @source exc_debug_user, arch/x86/kernel/traps.c; hw_breakpoint_handler, arch/x86/kernel/hw_breakpoint.c, 6.12
 * @asked amd intel
 */
export let R82: u32 = 0;
export let R82_signal: u32 = SIGTRAP;
export let R82_code: i32 = TRAP_HWBKPT;
export let R82_flag: u64 = 0x1_0000;

/**
 * A hardware breakpoint for data, after the instruction: {signal}, si_code {code} (TRAP_HWBKPT), si_addr = rip.
 * @source exc_debug_user, arch/x86/kernel/traps.c, 6.12
 * @asked amd intel
 */
export let R83: u32 = 0;
export let R83_signal: u32 = SIGTRAP;
export let R83_code: i32 = TRAP_HWBKPT;

/**
 * An address that is not mapped: {signal}, si_code {code} (SEGV_MAPERR), si_addr = the address.
 * @source bad_area_nosemaphore, arch/x86/mm/fault.c, 6.12
 */
export let R47: u32 = 0;
export let R47_signal: u32 = SIGSEGV;
export let R47_code: i32 = SEGV_MAPERR;

/**
 * A page that may not be written, or not be executed: {signal}, si_code {code} (SEGV_ACCERR), si_addr = the address.
 * @source access_error, arch/x86/mm/fault.c, 6.12
 */
export let R48: u32 = 0;
export let R48_signal: u32 = SIGSEGV;
export let R48_code: i32 = SEGV_ACCERR;

// Each returns whether the task has stopped.

export function divideError(): bool {
  return use(R46) && forceFault(R46_signal, R46_code, get(REG_rip));
}

export function overflow(): bool {
  return use(R80) && forceTrap(R80_signal, R80_code, 0);
}

export function invalidOp(): bool {
  return use(R44) && forceFault(R44_signal, R44_code, get(REG_rip));
}

/** An address that is not canonical. */
export function notCanonical(isStack: bool): bool {
  if (!isStack || !use(R49)) return generalProtection();
  return forceFault(R49_signal, R49_code, 0);
}

export function alignmentCheck(): bool {
  return use(R50) && forceFault(R50_signal, R50_code, 0);
}

export function generalProtection(): bool {
  return use(R45) && forceFault(R45_signal, R45_code, 0);
}

export function int3(): bool {
  return use(R43) && forceTrap(R43_signal, R43_code, 0);
}

export function debugTrap(): bool {
  setDebugStatus(R122_step | task.watched);
  return use(R40) && forceTrap(R40_signal, R40_code, get(REG_rip));
}

/** ICEBP is at `address`. */
export function icebp(address: u64): bool {
  if (!use(R81)) return false;
  put(REG_rip, address + R81_past);
  setDebugStatus(0);
  return forceTrap(R81_signal, R81_code, get(REG_rip));
}

/** @param hit the breakpoints that report it, a bit each */
export function instructionBreakpoint(hit: u32): bool {
  setDebugStatus(hit);
  return use(R82) && forceFault(R82_signal, R82_code, get(REG_rip));
}

export function dataBreakpoint(): bool {
  setDebugStatus(task.watched);
  return use(R83) && forceTrap(R83_signal, R83_code, get(REG_rip));
}

/** @param mapped whether there is a page, which forbids the access */
export function pageFault(mapped: bool, address: u64): bool {
  if (mapped ? use(R48) : !use(R47)) return forceFault(R48_signal, R48_code, address);
  return forceFault(R47_signal, R47_code, address);
}
