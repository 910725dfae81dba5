// What the processor does: the instructions of the code page, and the exceptions that the kernel turns into signals

import { REG_pc, REG_pstate, REG_sp, REG_x0, REG_x1, REG_x2 } from "../../arm64/registers";
import { SEGV_ACCERR, SEGV_MAPERR, TRAP_BRKPT, TRAP_TRACE } from "../../linux/siginfo";
import { SIGBUS, SIGILL, SIGSEGV, SIGTRAP } from "../../linux/signal";
import { copy, ended, forget, get, giveUp, put, set } from "../prediction";
import { use } from "../rule";
import { doSignal, forgetCall } from "./do_signal";
import { forceSig } from "./force_sig";
import { svc } from "./syscall";
import {
  byteAt,
  CODE_PAGE,
  CONSTANT_PAGE,
  halfAt,
  pageAt,
  SCRATCH_PAGE,
  STUB_PAGE,
  UNMAPPED,
} from "./target";
import { REG_tls, task } from "./task";

/**
 * A program has no bits of pstate that its processor lacks: {bit} (DIT).
 * @source Arm ARM, C5.2.7
 * @asked tcg
 * @needs !dit
 */
export let R219: u32 = 0;
export let R219_bit: u64 = 0x100_0000;

/**
 * A program has no bits of pstate that its processor lacks: {bit} (SSBS). The kernel sets it whenever it switches to a
 * task, so it is not compared.
 * @source Arm ARM, C5.2.19; spectre_v4_enable_task_mitigation, arch/arm64/kernel/proton-pack.c
 * @asked tcg
 * @needs !ssbs
 */
export let R220: u32 = 0;
export let R220_bit: u64 = 0x1000;

/**
 * A program has no bits of pstate that its processor lacks: {bit} (TCO).
 * @source Arm ARM, C5.2.25
 * @asked tcg
 * @needs !tco
 */
export let R221: u32 = 0;
export let R221_bit: u64 = 0x200_0000;

/**
 * A program has no bits of pstate that its processor lacks: {mask} (BTYPE).
 * @source Arm ARM, C5.2
 * @asked tcg
 * @needs !bti
 */
export let R222: u32 = 0;
export let R222_mask: u64 = 0xc00;

/** Bits of pstate that depend on whether the kernel has switched to the task. */
export function flagsOfSwitches(): u64 {
  return R220 != 0 ? R220_bit : 0;
}

function hasPstate(mask: u64): bool {
  return (get(REG_pstate) & mask) != 0;
}

function clearPstate(mask: u64): void {
  put(REG_pstate, get(REG_pstate) & ~mask);
}

/**
 * Without a single-step PSTATE.SS ({bit}) of an earlier one becomes 0 when the task goes on.
 * @source Arm ARM, D2.12
 * @asked tcg
 */
export let R237: u32 = 0;
export let R237_bit: u64 = 0x20_0000;

/**
 * A single-step that begins with PSTATE.SS ({bit}) = 0 traps before it executes anything; the kernel then sets it.
 * @source Arm ARM, D2.12; single_step_handler, arch/arm64/kernel/debug-monitors.c, 6.12
 * @asked tcg
 */
export let R238: u32 = 0;
export let R238_bit: u64 = 0x20_0000;

/** ERET to the program. */
function eret(): void {
  forgetCall();
  task.restartAt = 0;
  if (!task.singlestep && hasPstate(R237_bit) && use(R237)) clearPstate(R237_bit);
  if (hasPstate(R219_bit) && use(R219)) clearPstate(R219_bit);
  if (hasPstate(R220_bit) && use(R220)) clearPstate(R220_bit);
  if (hasPstate(R221_bit) && use(R221)) clearPstate(R221_bit);
  if (hasPstate(R222_mask) && use(R222)) clearPstate(R222_mask);
}

/**
 * An instruction at an address that is not a multiple of {size}: {signal}, si_code {code} (BUS_ADRALN), si_addr = pc.
 * @source do_sp_pc_abort, arch/arm64/mm/fault.c, 6.12
 */
export let R223: u32 = 0;
export let R223_size: u64 = 4;
export let R223_signal: u32 = SIGBUS;
export let R223_code: i32 = 1;

/**
 * An access to an address without a mapping: {signal}, si_code {code} (SEGV_MAPERR), si_addr is the address.
 * @source do_page_fault, arch/arm64/mm/fault.c, 6.12
 */
export let R224: u32 = 0;
export let R224_signal: u32 = SIGSEGV;
export let R224_code: i32 = SEGV_MAPERR;

/**
 * An access that the mapping forbids: {signal}, si_code {code} (SEGV_ACCERR), si_addr is the address.
 * @source do_page_fault, arch/arm64/mm/fault.c, 6.12
 */
export let R225: u32 = 0;
export let R225_signal: u32 = SIGSEGV;
export let R225_code: i32 = SEGV_ACCERR;

/** An abort at an address. */
function abort(page: u32, address: u64): void {
  if (page == UNMAPPED && use(R224)) forceSig(R224_signal, R224_code, address);
  else if (use(R225)) forceSig(R225_signal, R225_code, address);
}

/**
 * BRK: {signal}, si_code {code} (TRAP_BRKPT), si_addr = pc, which stays at it.
 * @source brk_handler, arch/arm64/kernel/debug-monitors.c, 6.12
 */
export let R226: u32 = 0;
export let R226_signal: u32 = SIGTRAP;
export let R226_code: i32 = TRAP_BRKPT;

/**
 * UDF, HLT and a write of DAIF: {signal}, si_code {code} (ILL_ILLOPC), si_addr = pc.
 * @source do_el0_undef, arch/arm64/kernel/traps.c, 6.12
 */
export let R227: u32 = 0;
export let R227_signal: u32 = SIGILL;
export let R227_code: i32 = 1;

/**
 * An instruction that was executed clears BTYPE ({cleared}) of pstate; one that traps leaves it.
 * @source Arm ARM, D8.4.5
 * @asked tcg
 * @needs bti
 */
export let R228: u32 = 0;
export let R228_cleared: u64 = 0xc00;

/**
 * A single-step: {signal}, si_code {code} (TRAP_TRACE), si_addr = pc.
 * @source single_step_handler, arch/arm64/kernel/debug-monitors.c, 6.12
 */
export let R229: u32 = 0;
export let R229_signal: u32 = SIGTRAP;
export let R229_code: i32 = TRAP_TRACE;

/**
 * The task executes or accesses the stub code, or what is near it.
 * @source the model
 */
export let U202: u32 = 0;

/**
 * The high byte of an address is a tag, or the address is not one of user space.
 * @source the model
 */
export let U203: u32 = 0;

/** Bits of an address of which some are beyond each user space. */
const HIGH: u64 = 0xffff_0000_0000_0000;

const NOP: u32 = 0xd503_201f;
const BRK: u32 = 0xd420_0000;
const SVC: u32 = 0xd400_0001;
const LOAD: u32 = 0xf940_0020;
const STORE: u32 = 0xf900_0020;
const PUSH: u32 = 0xf81f_0fe0;
const POP: u32 = 0xf841_07e2;
const FLAGS: u32 = 0xd53b_4200;
const POINTER: u32 = 0xd53b_d040;

const SPIN: u32 = 0x1400_0000;

/** More than any case executes that stops. */
const MOST: u32 = 64;

/**
 * A jump to itself runs on.
 * @source Arm ARM, C6.2
 * @asked tcg
 */
export let R234: u32 = 0;

/** Runs the program to its next stop. */
export function run(): void {
  eret();
  if (task.singlestep && !hasPstate(R238_bit) && use(R238)) {
    put(REG_pstate, get(REG_pstate) | R238_bit);
    forceSig(R229_signal, R229_code, get(REG_pc));
    return;
  }
  for (let n: u32 = 0; n < MOST; n++) {
    if (execute()) return;
    if (task.singlestep && use(R229)) {
      forceSig(R229_signal, R229_code, get(REG_pc));
      return;
    }
  }
  if (use(R234)) ended(0);
}

/** To user mode, unless a signal is pending. */
export function goOn(): void {
  if (!doSignal()) run();
}

/** Executes an instruction. Returns whether the task has stopped. */
function execute(): bool {
  const pc = get(REG_pc);
  if (giveUp(U203, (pc & HIGH) != 0)) return true;
  if (pc % R223_size != 0 && use(R223)) {
    forceSig(R223_signal, R223_code, pc);
    return true;
  }
  const page = pageAt(pc);
  if (giveUp(U202, page == STUB_PAGE)) return true;
  if (page != CODE_PAGE) {
    abort(page, pc);
    return true;
  }
  switch (halfAt(pc)) {
    case BRK:
      if (use(R226)) forceSig(R226_signal, R226_code, pc);
      return true;
    case NOP:
      break;
    case SPIN:
      if (hasPstate(R228_cleared) && use(R228)) clearPstate(R228_cleared);
      return false;
    case SVC:
      put(REG_pc, pc + 4);
      return svc();
    case LOAD:
      if (!access(get(REG_x1), false)) return true;
      load(REG_x0);
      break;
    case STORE:
      if (!access(get(REG_x1), true)) return true;
      break;
    case PUSH:
      if (!isAligned() || !access(get(REG_sp) - 16, true)) return true;
      put(REG_sp, get(REG_sp) - 16);
      task.pushed = true;
      break;
    case POP:
      if (!isAligned() || !access(get(REG_sp), false)) return true;
      if (task.pushed) copy(REG_x0, REG_x2);
      else load(REG_x2);
      put(REG_sp, get(REG_sp) + 16);
      break;
    case FLAGS:
      set(REG_x0, get(REG_pstate) & 0xf000_0000);
      break;
    case POINTER:
      set(REG_x0, get(REG_tls));
      break;
    default:
      if (use(R227)) forceSig(R227_signal, R227_code, pc);
      return true;
  }
  put(REG_pc, pc + 4);
  if (hasPstate(R228_cleared) && use(R228)) clearPstate(R228_cleared);
  return false;
}

/**
 * An access by sp while sp is not a multiple of {size}: {signal}, si_code {code} (BUS_ADRALN), si_addr = sp.
 * @source do_sp_pc_abort, arch/arm64/mm/fault.c, 6.12
 */
export let R230: u32 = 0;
export let R230_size: u64 = 16;
export let R230_signal: u32 = SIGBUS;
export let R230_code: i32 = 1;

function isAligned(): bool {
  const sp = get(REG_sp);
  if (sp % R230_size == 0 || !use(R230)) return true;
  forceSig(R230_signal, R230_code, sp);
  return false;
}

/** What the last access has read, and whether it is known. */
let loaded: u64 = 0;
let isKnown: bool = false;

function load(register: i32): void {
  set(register, loaded);
  if (!isKnown) forget(register);
}

/** An access of 8 bytes. Returns whether it is allowed; if not, the task has stopped. */
function access(address: u64, write: bool): bool {
  const last = address + 7;
  if (giveUp(U203, ((address | last) & HIGH) != 0)) return false;
  const page = pageAt(address);
  const second = pageAt(last);
  if (giveUp(U202, page == STUB_PAGE || second == STUB_PAGE)) return false;
  if (!isAllowed(page, write)) {
    abort(page, address);
    return false;
  }
  if (!isAllowed(second, write)) {
    abort(second, last & ~0xfff);
    return false;
  }
  isKnown = page != SCRATCH_PAGE;
  loaded = 0;
  if (isKnown)
    for (let byte: u64 = 0; byte < 8; byte++) loaded |= u64(byteAt(address + byte)) << (8 * byte);
  return true;
}

function isAllowed(page: u32, write: bool): bool {
  return write
    ? page == SCRATCH_PAGE
    : page == SCRATCH_PAGE || page == CODE_PAGE || page == CONSTANT_PAGE;
}
