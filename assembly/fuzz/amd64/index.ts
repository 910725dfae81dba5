// The fuzzer's module: generates cases, predicts, compares and signs their outcomes, a batch per call. The host tries them.
// It owns all memory from `heap` on, and places tables, setups and outcomes there.

import { setFocus } from "../focus";
import { seed } from "../random";
import { SETUP_SIZE, Setup } from "../setup";
import { seedCount } from "../tables";
import { trace } from "../traced";
import { setXstateLength } from "./other_ways";
import { giveBack } from "./returned";
import { leave32 } from "./tame";

export * from "../../model/actions";
export * from "../../model/amd64/access";
export * from "../../model/amd64/arch_do_signal_or_restart";
export * from "../../model/amd64/arch_ptrace";
export * from "../../model/amd64/calculate";
export * from "../../model/amd64/canonical";
export * from "../../model/amd64/comiss";
export * from "../../model/amd64/copy_fpstate_to_sigframe";
export { R106, R106_source, R106_text } from "../../model/amd64/decode";
export * from "../../model/amd64/do_syscall_64";
export * from "../../model/amd64/exit_to_user_mode";
export * from "../../model/amd64/force_sig";
export * from "../../model/amd64/fpu_restore_sig";
export * from "../../model/amd64/genregs_set";
export * from "../../model/amd64/get_signal";
export * from "../../model/amd64/hw_breakpoint";
export * from "../../model/amd64/instructions";
export * from "../../model/amd64/iret";
export { U24, U24_needs, U24_source, U24_text } from "../../model/amd64/predict";
export * from "../../model/amd64/processor";
export * from "../../model/amd64/ptrace_regset";
export * from "../../model/amd64/ptrace_request";
export * from "../../model/amd64/ptrace_set_debugreg";
export * from "../../model/amd64/ptrace_set_syscall_info";
export * from "../../model/amd64/putreg";
export * from "../../model/amd64/restore_sigcontext";
export * from "../../model/amd64/resume";
export * from "../../model/amd64/set_segment_reg";
export * from "../../model/amd64/setup_rt_frame";
export * from "../../model/amd64/syscall_user_dispatch";
export * from "../../model/amd64/syscall_work";
export * from "../../model/amd64/target";
export * from "../../model/amd64/target_calls";
export * from "../../model/amd64/traps";
export * from "../../model/amd64/write";
export { W75, W75_needs, W75_source, W75_text } from "../../model/amd64/x86_fsbase_read_task";
export * from "../../model/amd64/xfpregs_set";
export * from "../../model/amd64/xrstor";
export * from "../../model/amd64/xstateregs_set";
export * from "../../model/harmless_calls";
export * from "../../model/machine";
export { U6, U6_source, U6_text } from "../../model/prediction";
export { exercised, usedRule, usedRules, wide } from "../../model/rule";
export * from "../assess";
export { differencePlaces, differences, hashOutcome } from "../determined";
export * from "../difference";
export * from "../setup";
export * from "../tables";
export { kills } from "./kills";

/** The first byte of memory that the host may use. */
export const heap: usize = __heap_base;

/** How cases get their registers. */
export const PATH_ptrace: u32 = 0;
export const PATH_sigreturn: u32 = 1;
export const PATH_both: u32 = 2;

/** With both paths, this many consecutive cases use the same one, as a change of path takes as long as a case. */
const NEIGHBOURS: u64 = 64;
/** One in this many of these runs of cases uses rt_sigreturn. */
const LOTS: u64 = 8;

/**
 * Writes `count` cases, from case `index` on, to address `to`. The corpus at `corpus` has `parents` setups. If there is
 * a focus, most cases are near one of the `near` setups at `focus`.
 */
export function generate(
  to: usize,
  count: u32,
  index: f64,
  seedLow: u32,
  seedHigh: u32,
  path: u32,
  xstateLength: u32,
  has32: u32,
  corpus: usize,
  parents: u32,
  focus: usize,
  near: u32,
): void {
  seed(seedLow, seedHigh);
  setXstateLength(xstateLength);
  setFocus(focus, near);
  let number = u64(index);
  const end = to + SETUP_SIZE * count;
  for (; to < end; to += SETUP_SIZE, number++) {
    const setup = changetype<Setup>(to);
    if (isReturn(path, number)) giveBack(setup, number, corpus, parents);
    else {
      trace(setup, number, corpus, parents);
      if (has32 == 0) leave32(setup);
    }
  }
}

function isReturn(path: u32, index: u64): bool {
  if (path != PATH_both) return path == PATH_sigreturn;
  return index >= seedCount && (index / NEIGHBOURS) % LOTS == LOTS - 1;
}
