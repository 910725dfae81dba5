// fixup_bad_iret, arch/x86/kernel/traps.c: the return to user mode by IRET, which the processor may refuse

import { REG_cs, REG_eflags, REG_rip, REG_ss } from "../../amd64/registers";
import { SI_KERNEL } from "../../linux/siginfo";
import { SIGSEGV } from "../../linux/signal";
import { get, giveUp } from "../prediction";
import { use } from "../rule";
import { isCanonical, R28, R28_si, R28_signal } from "./access";
import { forgetCall, returnToUser } from "./entry_64";
import { forceTrap } from "./force_sig";
import { run } from "./processor";
import {
  byteAt,
  CODE_PAGE,
  CONSTANT_PAGE,
  isAmong,
  pageAt,
  SCRATCH_PAGE,
  STUB_PAGE,
} from "./target";
import { lacks } from "./task";

/**
 * cs other than {code64} and {code32} cannot be returned to: {signal}, si_code {si} (SI_KERNEL).
 * @source IRET, SDM volume 2; fixup_bad_iret, arch/x86/kernel/traps.c, 6.12
 * @asked amd intel
 */
export let R26: u32 = 0;
export let R26_code64: u64 = 0x33;
export let R26_code32: u64 = 0x23;
export let R26_signal: u32 = SIGSEGV;
export let R26_si: i32 = SI_KERNEL;

/**
 * ss other than {data} cannot be returned with: {signal}, si_code {si} (SI_KERNEL).
 * @source IRET, SDM volume 2; fixup_bad_iret, arch/x86/kernel/traps.c, 6.12
 * @asked amd intel
 */
export let R27: u32 = 0;
export let R27_data: u64 = 0x2b;
export let R27_signal: u32 = SIGSEGV;
export let R27_si: i32 = SI_KERNEL;

/**
 * rip above 32 bits cannot be returned to with cs = {code32}: {signal}, si_code {si} (SI_KERNEL).
 * @source IRET, APM volume 3; fixup_bad_iret, arch/x86/kernel/traps.c, 6.12
 * @asked amd
 * @needs !iret_cuts_rip
 */
export let R62: u32 = 0;
export let R62_code32: u64 = 0x23;
export let R62_signal: u32 = SIGSEGV;
export let R62_si: i32 = SI_KERNEL;

/** Returns to user mode, and executes the program to the next stop. */
export function iret(): void {
  const cs = get(REG_cs);
  const rip = get(REG_rip);
  if (cs != R26_code64 && cs != R26_code32 && use(R26)) refuse(R26_signal, R26_si);
  else if (get(REG_ss) != R27_data && use(R27)) refuse(R27_signal, R27_si);
  else if (!isCanonical(rip) && use(R28)) refuse(R28_signal, R28_si);
  else if (cs == R62_code32 && rip >> 32 != 0 && use(R62)) refuse(R62_signal, R62_si);
  else if (!lacks(REG_eflags)) {
    returnToUser();
    run();
  }
}

/**
 * A return is refused, and at rip there may be an instruction that UMIP forbids (0f, then 0 to {most}), or memory
 * that programs may have written (kinds of pages, a bit each: {pages}): the kernel looks there, and emulates the
 * instruction.
 * @source fixup_umip_exception, arch/x86/kernel/umip.c, 6.12
 */
export let U12: u32 = 0;
export let U12_pages: u32 = (1 << SCRATCH_PAGE) | (1 << STUB_PAGE);
export let U12_most: u32 = 1;

function refuse(signal: u32, code: i32): void {
  if (giveUp(U12, mayBeForbidden(get(REG_rip)))) return;
  forgetCall();
  forceTrap(signal, code, 0);
}

/** Whether SGDT, SIDT, SLDT, SMSW or STR may be at an address, after any prefixes. */
function mayBeForbidden(address: u64): bool {
  const page = pageAt(address);
  if (isAmong(page, U12_pages)) return true;
  if (page != CODE_PAGE && page != CONSTANT_PAGE) return false;
  let at = address;
  while (isPrefix(byteAt(at))) at++;
  return byteAt(at) == 0x0f && byteAt(at + 1) <= U12_most;
}

/** Segments, operand and address size, LOCK and REP. */
const PREFIXES = memory.data<u8>([
  0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3,
]);

/** Whether it is one of these, or REX. */
function isPrefix(byte: u32): bool {
  for (let k = 0; k < 11; k++) if (load<u8>(PREFIXES + k) == byte) return true;
  return byte >> 4 == 4;
}
