/* What a run is given, what it says on its way, and what comes of it. */

import type { Path } from "../draw/arch.ts";
import type { ModelOptions } from "../known/arch.ts";
import type { Machine } from "../machine.ts";
import type { Finding } from "./fuzz_findings.ts";
import type { RunState, Shard } from "./state.ts";

/** What a run tries, and for how long. Without `cases` and `seconds` it has a million cases. */
export interface FuzzOptions extends ModelOptions {
  /** An integer of 64 bits without sign. Default: the seed of the folder, or 1. */
  readonly seed?: bigint | number | undefined;
  /** How cases get their registers. Default: the path of the folder, or "both". */
  readonly path?: Path | undefined;
  /** The id of a rule of the model: most cases are near those that use it. Default: the focus of the folder, or none. */
  readonly focus?: string | undefined;
  /** The cases of the whole run, including those of earlier sessions. */
  readonly cases?: number | undefined;
  /** How many seconds this session lasts, to the end of the rounds under way. Time in which the process is stopped does not count. */
  readonly seconds?: number | undefined;
  /** The folder that keeps the run: log and findings. A run that the folder has is continued. */
  readonly corpus?: string | undefined;
  /** Processes that try cases, 1 to 256, each on a processor of its own. Default: 1. */
  readonly workers?: number | undefined;
  /** Tries only this part of the run. */
  readonly shard?: Shard | undefined;
  /** The name of a list of known deviations: the model predicts them, and what the list says is not tried. */
  readonly known?: ModelOptions["known"];
  /** Aborts the run: it rejects with the reason. The folder keeps all rounds that were complete. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Ends the run after the rounds under way, or without those that take more than a few seconds: it resolves, and
   * `interrupted` is true.
   */
  readonly stop?: AbortSignal | undefined;
  /** Receives the progress of the run about five times a second. If it throws or rejects, so does the run. */
  readonly progress?: ((progress: FuzzProgress) => void | Promise<void>) | undefined;
}

/** How far a run is. */
export interface FuzzProgress {
  readonly state: RunState;
  /** Cases of this session. */
  readonly cases: number;
  /** Time since the session began. */
  readonly seconds: number;
  /** The number of cases that ends the run; undefined if time ends it. */
  readonly target: number | undefined;
}

/** The result of a run. */
export interface FuzzResult {
  readonly seed: bigint;
  readonly path: Path;
  readonly focus: string | undefined;
  readonly machine: Machine;
  readonly shard: Shard | undefined;
  /** The counts, the kinds of outcomes and the raw findings of all sessions. */
  readonly state: RunState;
  /** The findings of all sessions, minimized. */
  readonly findings: readonly Finding[];
  /** Cases of this session. */
  readonly cases: number;
  /** How long this session lasted. */
  readonly seconds: number;
  /** Outcomes of this session that contradicted their predictions, and did not occur again: not findings. */
  readonly unconfirmed: number;
  /** Whether `stop` ended the run early. */
  readonly interrupted: boolean;
}
