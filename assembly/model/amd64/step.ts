// user_enable_single_step and user_disable_single_step, arch/x86/kernel/step.c. TF that a request has set, and not
// the task or its tracer, has the flag TIF_FORCED_TF; get_flags and set_flags (ptrace.ts) look at it, too.

import { REG_rip } from "../../amd64/registers";
import { get, giveUp } from "../prediction";
import { use } from "../rule";
import { isAmong, pageAt, SCRATCH_PAGE, STUB_PAGE } from "./target";
import { clearFlags, hasFlags, setFlags, TRAP_FLAG, task } from "./task";

/**
 * A single-step begins in memory that programs may have written, or in the stub code (kinds of pages, a bit each:
 * {pages}): if there is a POPF or an IRET, TF shows at the stop.
 * @source is_setting_trap_flag, arch/x86/kernel/step.c, 6.12
 */
export let U7: u32 = 0;
export let U7_pages: u32 = (1 << SCRATCH_PAGE) | (1 << STUB_PAGE);

/**
 * At a stop by a single-step TF that is written, and cleared again, comes back at the next one, and shows.
 * @source enable_single_step, arch/x86/kernel/step.c: TIF_SINGLESTEP, 6.12
 */
export let R85: u32 = 0;

/** Returns whether the prediction is given up. */
export function userEnableSingleStep(): bool {
  // The stop by a single-step has cleared TF, even that of the tracer.
  if (task.singlestep && use(R85)) setFlags(TRAP_FLAG);
  task.singlestep = true;
  if (!hasFlags(TRAP_FLAG)) task.forcedTf = true;
  setFlags(TRAP_FLAG);
  return giveUp(U7, task.forcedTf && isAmong(pageAt(get(REG_rip)), U7_pages));
}

/**
 * TF that a single-step set, and not the task or its tracer, is cleared once the task is resumed otherwise.
 * @source user_disable_single_step, arch/x86/kernel/step.c: TIF_FORCED_TF, 6.12
 */
export let R125: u32 = 0;

export function userDisableSingleStep(): void {
  task.singlestep = false;
  if (task.forcedTf && use(R125)) clearFlags(TRAP_FLAG);
  task.forcedTf = false;
}
