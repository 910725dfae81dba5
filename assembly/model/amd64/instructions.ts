// Instructions that move data, and those that compute (calculate.ts).

import {
  REG_es,
  REG_fs_base,
  REG_gs_base,
  REG_rax,
  REG_rbx,
  REG_rdi,
  REG_rsp,
  REG_ss,
} from "../../amd64/registers";
import { copy, forget, get, giveUp, set } from "../prediction";
import { use } from "../rule";
import { access, isConstant, mayUseDs } from "./access";
import { calculate, div } from "./calculate";
import { comiss } from "./comiss";
import * as op from "./decode";
import { halfAt, pageAt, SCRATCH_PAGE, STUB_PAGE } from "./target";
import { cutTo32, lacks, task, U6 } from "./task";
import { generalProtection, invalidOp } from "./traps";

/** Executes an instruction with operands of `size` bytes. Returns whether the task has stopped. */
export function executeData(instruction: u32, size: u32, short: bool): bool {
  switch (instruction) {
    case op.LOAD:
      return loadRax(size, short);
    case op.STORE:
      return storeRax(size, short);
    case op.PUSH:
      return push(size, short);
    case op.POP:
      return pop(size, short);
    case op.POP_ES:
      return popEs();
    case op.RDFSBASE:
      return readBase(REG_fs_base, REG_rax);
    case op.RDGSBASE:
      return readBase(REG_gs_base, REG_rbx);
    case op.DIV:
      return div(size);
    case op.COMISS:
      return comiss();
    default:
      return calculate(instruction);
  }
}

/** MOV (%rdi), %rax. */
function loadRax(size: u32, short: bool): bool {
  if (lacks(REG_rdi)) return true;
  const address = short ? u64(u32(get(REG_rdi))) : get(REG_rdi);
  if (short && !mayUseDs(address, size, false)) return true;
  if (!access(address, size, false, false, short)) return true;
  fetch(REG_rax, address, size);
  return false;
}

/** Loads a register from memory. What is on the scratch pages and in the stub code is not known. */
function fetch(register: i32, address: u64, size: u32): void {
  const page = pageAt(address);
  if (page == SCRATCH_PAGE || page == STUB_PAGE || pageAt(address + size - 1) == SCRATCH_PAGE) {
    forget(register);
    return;
  }
  const high: u64 = size == 8 ? halfAt(address + 4) : 0;
  set(register, (high << 32) | halfAt(address));
}

/** MOV %rax, (%rdi). */
function storeRax(size: u32, short: bool): bool {
  if (lacks(REG_rdi)) return true;
  const address = short ? u64(u32(get(REG_rdi))) : get(REG_rdi);
  if (short && !mayUseDs(address, size, true)) return true;
  return !access(address, size, true, false, short);
}

/** PUSH %rax, and PUSHF. */
function push(size: u32, short: bool): bool {
  if (lacks(REG_rsp)) return true;
  const below = get(REG_rsp) - size;
  const address = short ? u64(u32(below)) : below;
  if (!access(address, size, true, true, short)) return true;
  set(REG_rsp, address);
  return false;
}

/** POP %rbx. */
function pop(size: u32, short: bool): bool {
  if (lacks(REG_rsp)) return true;
  const address = get(REG_rsp);
  if (!access(address, size, false, true, short)) return true;
  if (task.pushed) {
    copy(REG_rax, REG_rbx);
    if (size == 4) cutTo32(REG_rbx);
  } else fetch(REG_rbx, address, size);
  release(size, short);
  return false;
}

function release(size: u32, short: bool): void {
  set(REG_rsp, get(REG_rsp) + size);
  if (short) cutTo32(REG_rsp);
}

/**
 * In 32-bit code POP ES accepts the selectors {code32}, {data}, {code64} and {cpunode} with any privilege level, and
 * those up to {null}; it refuses others like HLT.
 * @source POP, SDM volume 2
 * @asked amd intel
 */
export let R72: u32 = 0;
export let R72_null: u32 = 3;
export let R72_code32: u32 = 0x23;
export let R72_data: u32 = 0x2b;
export let R72_code64: u32 = 0x33;
export let R72_cpunode: u32 = 0x7b;

/**
 * In 32-bit code POP ES reads {size} bytes, not 4.
 * @source measured
 * @asked intel
 * @needs pop_reads_selector
 */
export let R117: u32 = 0;
export let R117_size: u64 = 2;

/** The bits of a selector that ask for a privilege level. */
const LEVEL: u32 = 3;

function popEs(): bool {
  if (lacks(REG_rsp)) return true;
  const address = get(REG_rsp);
  const size = use(R117) ? R117_size : 4;
  if (!access(address, size, false, true, true)) return true;
  if (giveUp(U6, !isConstant(address))) return true;
  const selector = halfAt(address) & 0xffff;
  const level3 = selector | LEVEL;
  const readable =
    selector <= R72_null ||
    level3 == R72_code32 ||
    level3 == R72_data ||
    level3 == R72_code64 ||
    level3 == R72_cpunode;
  if (!readable && use(R72) && generalProtection()) return true;
  set(REG_es, selector);
  release(4, true);
  return false;
}

/**
 * MOV SS accepts {data} only.
 * @source MOV, SDM volume 2
 * @asked amd intel
 */
export let R56: u32 = 0;
export let R56_data: u64 = 0x2b;

/** MOV %eax, %ss. Returns whether the task has stopped. */
export function movSs(): bool {
  if (lacks(REG_rax)) return true;
  const selector = get(REG_rax) & 0xffff;
  if (selector != R56_data && use(R56) && generalProtection()) return true;
  set(REG_ss, selector);
  return false;
}

/**
 * RDFSBASE and RDGSBASE read what was written as fs_base and gs_base, whatever fs and gs are.
 * @source x86_fsgsbase_load, arch/x86/kernel/process_64.c, 6.12
 * @needs fsgsbase
 */
export let R59: u32 = 0;

function readBase(base: i32, to: i32): bool {
  if (!use(R59)) return invalidOp();
  copy(base, to);
  return false;
}

/** Bits of eflags that depend on whether the kernel has switched to the task. */
export function flagsOfSwitches(): u64 {
  return 0;
}
