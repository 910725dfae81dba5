// restore_sigcontext and rt_sigreturn, arch/x86/kernel/signal_64.c: a stub returns from a signal handler with the frame
// of the setup, and takes the registers of struct sigcontext. The
// other bits of uc_flags change no register, and neither does floating point, unless it is refused
// (fpu_restore_sig.ts).

import {
  REG_cs,
  REG_ds,
  REG_eflags,
  REG_fs_base,
  REG_gs_base,
  REG_orig_rax,
  REG_rax,
  REG_rsp,
  REG_ss,
  REGISTERS_SIZE,
} from "../../amd64/registers";
import { FPSTATE_IMAGE, FPSTATE_LAST, Setup } from "../../fuzz/setup";
import { SI_KERNEL } from "../../linux/siginfo";
import { SIGSEGV } from "../../linux/signal";
import { frameLength } from "../machine";
import { get, giveUp, known, loadRegisters, put, saveRegisters, wrote } from "../prediction";
import { use } from "../rule";
import { forgetSse } from "./comiss";
import { readNextFrame } from "./copy_fpstate_to_sigframe";
import { forceSig, hasStopped } from "./force_sig";
import { fpuRestoreSig } from "./fpu_restore_sig";
import { W75 } from "./process_64";
import { resume } from "./resume";
import { kept, pageAt, SCRATCH_PAGE } from "./target";
import { startTask } from "./task";
import { REFUSED, RESTORED } from "./xrstor";

/**
 * The general registers and rip are taken as they are.
 * @source restore_sigcontext, arch/x86/kernel/signal_64.c, 6.12
 */
export let S1: u32 = 0;

/**
 * cs and ss are 16 bits in the frame ({mask}), and {level} is or-ed to both: no privilege level is refused.
 * @source restore_sigcontext, arch/x86/kernel/signal_64.c, 6.12
 */
export let S2: u32 = 0;
export let S2_mask: u64 = 0xffff;
export let S2_level: u64 = 3;

/**
 * Of eflags only CF, PF, AF, ZF, SF, TF, DF, OF, RF and AC are taken ({FIX_EFLAGS}), but not NT as by ptrace; all other
 * bits stay as in the handler ({flags}).
 * @source FIX_EFLAGS, arch/x86/include/asm/sighandling.h, 6.12
 */
export let S4: u32 = 0;
export let S4_FIX_EFLAGS: u64 = 0x5_0dd5;
export let S4_flags: u64 = 0x202;

/**
 * orig_rax becomes {none}: no system call is restarted.
 * @source restore_sigcontext, arch/x86/kernel/signal_64.c, 6.12
 */
export let S5: u32 = 0;
export let S5_none: i64 = -1;

/**
 * fs_base and gs_base are not in the frame: they stay.
 * @source struct sigcontext, arch/x86/include/uapi/asm/sigcontext.h, 6.12
 */
export let S6: u32 = 0;

/**
 * ds and es are not in the frame, and the members for fs and gs are ignored: the selectors stay.
 * @source struct sigcontext, arch/x86/include/uapi/asm/sigcontext.h, 6.12
 */
export let S7: u32 = 0;

/**
 * If cs is then that of 64-bit code ({code64}) and uc_flags lacks UC_STRICT_RESTORE_SS ({flag}), an ss other than a
 * writable data segment of user space, such as {data}, becomes {data}.
 * @source force_valid_ss, arch/x86/kernel/signal_64.c, 6.12
 */
export let S3: u32 = 0;
export let S3_code64: u64 = 0x33;
export let S3_flag: u32 = 4;
export let S3_data: u64 = 0x2b;

export function restoreSigcontext(setup: Setup): void {
  const words = setup.words;
  if (use(S1)) loadRegisters(words, 0, REG_fs_base);
  put(REG_cs, forcedLevel(load<u64>(words, REG_cs)));
  put(REG_ss, forcedLevel(load<u64>(words, REG_ss)));
  const flags = load<u64>(words, REG_eflags);
  put(REG_eflags, use(S4) ? (flags & S4_FIX_EFLAGS) | (S4_flags & ~S4_FIX_EFLAGS) : flags);
  put(REG_orig_rax, use(S5) ? u64(S5_none) : load<u64>(words, REG_orig_rax));
  loadRegisters(use(S6) ? usize(kept) : words, REG_fs_base, REG_ds);
  loadRegisters(use(S7) ? usize(kept) : words, REG_ds, REGISTERS_SIZE);
  const lenient = (setup.ucFlags & S3_flag) == 0;
  if (get(REG_cs) == S3_code64 && lenient && get(REG_ss) != S3_data && use(S3))
    put(REG_ss, S3_data);
}

function forcedLevel(selector: u64): u64 {
  return use(S2) ? (selector & S2_mask) | S2_level : selector;
}

/** Writes the registers that rt_sigreturn gives to a setup to an address. */
export function putReturned(setup: usize, block: usize): void {
  startTask();
  restoreSigcontext(changetype<Setup>(setup));
  saveRegisters(block);
}

/**
 * A frame is refused, and rsp is not in memory: before Linux 6.12 the alternate stack is not restored then, and SIGSEGV
 * may end the process.
 * @source rt_sigreturn, arch/x86/kernel/signal_64.c, 6.1
 * @needs !altstack_first
 */
export let U24: u32 = 0;

/** More than a signal frame has. */
const FRAME: u64 = 4096;

/** Whether there is room for the frame of a signal below rsp. */
function hasStack(): bool {
  const rsp = get(REG_rsp);
  return pageAt(rsp - FRAME) == SCRATCH_PAGE && pageAt(rsp - 1) == SCRATCH_PAGE;
}

/**
 * A frame that is refused: {signal}, si_code {code} (SI_KERNEL), si_addr 0, before anything is executed. The
 * registers are taken, but rax is {result}; the floating point is that of a new program.
 * @source rt_sigreturn, arch/x86/kernel/signal_64.c; fpu__clear_user_states, arch/x86/kernel/fpu/core.c, 6.12
 */
export let S19: u32 = 0;
export let S19_signal: u32 = SIGSEGV;
export let S19_code: i32 = SI_KERNEL;
export let S19_result: u64 = 0;

/** badframe: the signal is delivered on the way out, before the registers are used. */
function signalFault(): void {
  if (use(S19)) put(REG_rax, S19_result);
  forceSig(S19_signal, S19_code, 0);
}

export function rtSigreturn(setup: Setup): void {
  wrote(0);
  restoreSigcontext(setup);
  if (setup.fpstate == FPSTATE_LAST && frameLength == 0) forgetSse();
  const image = setup.fpstate == FPSTATE_IMAGE;
  const frame = image ? fpuRestoreSig(setup) : RESTORED;
  if (frame == REFUSED) {
    if (giveUp(U24, !hasStack())) return;
    signalFault();
  }
  if (frame == RESTORED) resume(setup);
  if (image && known.reason == 0 && hasStopped()) readNextFrame(setup);
  // The handler, which looks at the stop, does not see it.
  known.stopped &= ~(1 << (REG_orig_rax >> 3));
  // Without FSGSBASE it does not see the bases either.
  if (W75 != 0) known.stopped &= ~((1 << (REG_fs_base >> 3)) | (1 << (REG_gs_base >> 3)));
}
