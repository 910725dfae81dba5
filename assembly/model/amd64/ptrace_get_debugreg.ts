// ptrace_get_debugreg, arch/x86/kernel/ptrace.c: PTRACE_PEEKUSER of the debug registers, after pokes at any of them

import { REGISTERS, Setup } from "../../fuzz/setup";
import { known, outcome } from "../prediction";
import { use } from "../rule";
import { addressOf, BREAKPOINTS } from "./hw_breakpoint";
import { task } from "./task";

/** offsetof(struct user, u_debugreg), and its end: there the shim reads back. */
const BEGIN: u64 = 848;
const END: u64 = 912;
/** Debug registers in `written`: they are after the others. */
const PLACE: usize = 8 * usize(REGISTERS);
const ALL_KNOWN: u32 = u32(-1) << REGISTERS;

/**
 * A debug register reads as the last word that it has accepted, whatever its bits mean; without one as 0, and 6 as
 * {status}.
 * @source ptrace_get_debugreg, arch/x86/kernel/ptrace.c: virtual_dr6 ^ DR6_RESERVED, ptrace_dr7, 6.12
 */
export let W76: u32 = 0;
export let W76_status: u64 = 0xffff_0ff0;

function pokesDebugRegisters(setup: Setup): bool {
  const end = setup.words + 16 * setup.count;
  for (let pair = setup.words; pair < end; pair += 16) {
    const offset = load<u64>(pair);
    if (offset % 8 == 0 && offset >= BEGIN && offset < END) return true;
  }
  return false;
}

/** The debug registers are read back if one was to be poked. */
export function ptraceGetDebugregs(setup: Setup): void {
  if (!pokesDebugRegisters(setup)) return;
  const words = outcome.written + PLACE;
  const holds = use(W76);
  for (let k: u32 = 0; k < BREAKPOINTS; k++) {
    store<u64>(words + 8 * k, holds ? addressOf(k) : 0);
  }
  store<u64>(words, holds ? task.debugStatus ^ W76_status : 0, 32);
  store<u64>(words, holds ? task.debugControl : 0, 40);
  known.written |= ALL_KNOWN;
}
