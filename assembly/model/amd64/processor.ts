// The processor: executes the program of the task until it stops.

import { REG_cs, REG_rip, REG_rsp } from "../../amd64/registers";
import { get, giveUp, info, put, resumed } from "../prediction";
import { use } from "../rule";
import { isCanonical } from "./access";
import * as op from "./decode";
import { int80, syscall } from "./entry_64";
import { breaksAt, R115 } from "./hw_breakpoint";
import { executeData, movSs } from "./instructions";
import { CODE_PAGE, pageAt, STUB_PAGE, UNMAPPED } from "./target";
import { clearFlags, cutTo32, hasFlags, task } from "./task";
import {
  dataBreakpoint,
  debugTrap,
  generalProtection,
  icebp,
  instructionBreakpoint,
  int3,
  invalidOp,
  overflow,
  pageFault,
  R40_flag,
  R80_flag,
  R82_flag,
} from "./traps";

/** More instructions than a piece of code has. */
const MOST_STEPS = 64;

/** The result of an instruction: it was executed; the same, with no trap after it; the task has stopped. */
const DONE: u32 = 0;
const DONE_WITHOUT_TRAP: u32 = 1;
const STOPPED: u32 = 2;

/**
 * In 32-bit code (cs = {code32}) rsp is cut to 32 bits.
 * @source measured
 * @asked amd intel
 */
export let R29: u32 = 0;
export let R29_code32: u64 = 0x23;

/**
 * An instruction that is executed clears RF ({flag}).
 * @source SDM volume 3, 18.3.1.1
 * @asked amd intel
 */
export let R52: u32 = 0;
export let R52_flag: u64 = 0x1_0000;

/**
 * A jump to itself never stops.
 * @source JMP, SDM volume 2
 */
export let R60: u32 = 0;

/**
 * A return to 32-bit code cuts rip to 32 bits, if all its bits are those of a canonical address.
 * @source IRET, SDM volume 2: EIP
 * @asked intel
 * @needs iret_cuts_rip
 */
export let R112: u32 = 0;

/** Executes the program from the return to user mode to the next stop. */
export function run(): void {
  const short = get(REG_cs) == R29_code32;
  if (short && use(R29)) cutTo32(REG_rsp);
  if (short && get(REG_rip) >> 32 != 0 && use(R112)) cutTo32(REG_rip);
  task.pushed = false;
  task.afterMovSs = false;
  task.watched = 0;
  for (let n = 0; n < MOST_STEPS; n++) {
    const traps = hasFlags(R40_flag);
    if (task.armed != 0 && breaks(short)) return;
    const result = step(short);
    if (result == STOPPED) return;
    clearResumeFlag();
    if (traps && result == DONE && debugTrap()) return;
    if (task.watched != 0 && dataBreakpoint()) return;
  }
  if (!use(R60)) return;
  resumed(0, 0);
  info(0, 0, 0);
}

/** Whether the task has stopped at a breakpoint. */
function breaks(short: bool): bool {
  const hit = hasFlags(R82_flag) ? 0 : breaksAt(fetchAddress(short));
  if (hit == 0 || (task.afterMovSs && use(R115))) return false;
  return instructionBreakpoint(hit);
}

function clearResumeFlag(): void {
  if (hasFlags(R52_flag) && use(R52)) clearFlags(R52_flag);
}

/**
 * rip is on the vsyscall page ({page}, {size} bytes): its functions are emulated, as each kernel is configured.
 * @source emulate_vsyscall, arch/x86/entry/vsyscall/vsyscall_64.c, 6.12
 */
export let U1: u32 = 0;
export let U1_page: u64 = 0xffff_ffff_ff60_0000;
export let U1_size: u64 = 4096;

/**
 * rip is in the stub code, of which the model knows nothing.
 * @source the code of targets
 */
export let U3: u32 = 0;

/** 32-bit code is fetched from the low half, whatever rip has. */
function fetchAddress(short: bool): u64 {
  return short ? u64(u32(get(REG_rip))) : get(REG_rip);
}

/** Executes an instruction. */
function step(short: bool): u32 {
  const address = fetchAddress(short);
  const page = pageAt(address);
  if (page != CODE_PAGE) {
    if (giveUp(U3, page == STUB_PAGE)) return STOPPED;
    if (giveUp(U1, address - U1_page < U1_size)) return STOPPED;
    // It is refused before, when the task returns to it.
    if (!isCanonical(address)) generalProtection();
    else pageFault(page != UNMAPPED, address);
    return STOPPED;
  }
  const instruction = op.decode(address, short);
  // QEMU's TCG keeps the upper half of rip in 32-bit code; on other processors it is 0 there.
  const next = get(REG_rip) + (op.end - address);
  const result = execute(instruction, next, short);
  task.pushed = instruction == op.PUSH;
  task.afterMovSs = instruction == op.MOV_SS;
  if (result != STOPPED && instruction != op.JMP_SELF) put(REG_rip, next);
  return result;
}

/**
 * After a call the first trap is that after the next instruction.
 * @source SYSCALL and IRET, SDM volume 2
 * @asked amd intel
 */
export let R42: u32 = 0;

/**
 * There is no trap after MOV SS.
 * @source MOV, SDM volume 2
 * @asked amd intel
 */
export let R55: u32 = 0;

/**
 * rip is in the middle of an instruction, at an instruction that the model does not have.
 * @source the code of targets
 */
export let U2: u32 = 0;

/**
 * SYSCALL in 32-bit code is undefined.
 * @source SYSCALL, SDM volume 2
 * @asked intel
 * @needs syscall32_undefined
 */
export let R124: u32 = 0;

/**
 * A 32-bit SYSCALL continues in the vDSO, which a target does not have.
 * @source do_fast_syscall_32, arch/x86/entry/common.c, 6.12
 * @needs !syscall32_undefined
 */
export let U5: u32 = 0;

function execute(instruction: u32, next: u64, short: bool): u32 {
  if (giveUp(U2, instruction == op.OTHER)) return STOPPED;
  switch (instruction) {
    case op.INT3:
      put(REG_rip, next);
      clearResumeFlag();
      return stopsIf(int3());
    case op.NOP:
    case op.JMP_SELF:
    case op.OTHER:
      return DONE;
    case op.HLT:
      return stopsIf(generalProtection());
    case op.INVALID:
      return stopsIf(invalidOp());
    case op.SYSCALL:
      if (short && use(R124)) return stopsIf(invalidOp());
      if (giveUp(U5, short)) return STOPPED;
      return syscall(next) ? STOPPED : use(R42) ? DONE_WITHOUT_TRAP : DONE;
    case op.INT:
      return int(op.vector, next);
    case op.INTO:
      return hasFlags(R80_flag) ? int(R79_overflow, next) : DONE;
    case op.ICEBP:
      clearResumeFlag();
      return stopsIf(icebp(next - 1));
    case op.CUT_OFF:
      return stopsIf(pageFault(false, op.end));
    case op.MOV_SS:
      if (faults(movSs(), short)) return STOPPED;
      return use(R55) ? DONE_WITHOUT_TRAP : DONE;
    default:
      return stopsIf(faults(executeData(instruction, op.operandSize, short), short));
  }
}

/** Returns whether an access to data stopped the task. At such a fault in 32-bit code TCG cuts rip, too. */
function faults(stopped: bool, short: bool): bool {
  if (stopped && short) cutTo32(REG_rip);
  return stopped;
}

/**
 * Programs may use the gates {breakpoint}, {overflow} and {call} by INT; with any other vector it is like HLT.
 * @source def_idts, arch/x86/kernel/idt.c: DPL3, 6.12
 */
export let R79: u32 = 0;
export let R79_breakpoint: u32 = 3;
export let R79_overflow: u32 = 4;
export let R79_call: u32 = 0x80;

/** INT. The vectors of gates are those of the kernel's exceptions, and of its 32-bit calls. */
function int(vector: u32, next: u64): u32 {
  const isOpen = vector == R79_breakpoint || vector == R79_overflow || vector == R79_call;
  if (!isOpen && use(R79)) return stopsIf(generalProtection());
  clearResumeFlag();
  if (vector == R79_call) {
    if (int80(next)) return STOPPED;
    return use(R42) ? DONE_WITHOUT_TRAP : DONE;
  }
  put(REG_rip, next);
  return stopsIf(vector == R79_overflow ? overflow() : int3());
}

function stopsIf(stopped: bool): u32 {
  return stopped ? STOPPED : DONE;
}
