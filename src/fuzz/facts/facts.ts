import { bases } from "./bases.ts";
import { eflags } from "./eflags.ts";
import type { Fact } from "./fact.ts";
import { faults } from "./faults.ts";
import { floatingPoint } from "./floating_point.ts";
import { groupStop } from "./group_stop.ts";
import { lengths } from "./lengths.ts";
import { offsets } from "./offsets.ts";
import { restarts } from "./restarts.ts";
import { resumeSignals } from "./resume_signals.ts";
import { segments } from "./segments.ts";
import { selectors } from "./selectors.ts";
import { signalFrames } from "./signal_frames.ts";
import { signalMask } from "./signal_mask.ts";
import { singleStep } from "./single_step.ts";
import { syscallInfoFacts } from "./syscall_info.ts";
import { syscallStops } from "./syscall_stops.ts";
import { words } from "./words.ts";
import { writeOrder } from "./write_order.ts";

/** All facts, group by group. */
export const FACTS: readonly Fact[] = [
  writeOrder,
  words,
  selectors,
  bases,
  eflags,
  offsets,
  lengths,
  signalMask,
  syscallInfoFacts,
  floatingPoint,
  segments,
  syscallStops,
  restarts,
  resumeSignals,
  signalFrames,
  singleStep,
  faults,
  groupStop,
].flat();
