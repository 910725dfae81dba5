/* A fact: a sentence about ptrace, where the kernel's source has it, and the checks of it. */

import type { Case } from "../case/case.ts";
import type { Fields } from "../case/fields.ts";

export interface Fact {
  readonly name: string;
  readonly group: string;
  /** Function and file of the kernel, or the place in a manual. */
  readonly source: string;
  /** The ids of the model's rules (docs/model.md) that every check of the fact is about. */
  readonly rules: readonly string[];
  /** Empty if this version does not have the fact. */
  readonly checks: readonly RequestCheck[];
}

/** A check whose script, or scene, the probe has: requests.ts, permission.ts. */
export interface RequestCheck {
  /** The value that differs between the checks of a fact; empty if there is only one. */
  readonly name: string;
}

/** A case and its expected outcome. */
export interface SetupCheck extends RequestCheck {
  readonly it: Case;
  /** The fields that matter, as readFields has them. */
  readonly expected: Fields;
  /** Names of needs.jsonl. */
  readonly needs: readonly string[];
  /** Whether it is tried in a target; otherwise in a stub whose calls nothing refuses, which the model does not know. */
  readonly isFiltered: boolean;
}

export const isSetup = (check: RequestCheck): check is SetupCheck => "it" in check;

/** A fact whose checks are cases, which the model predicts. */
export interface SetupFact extends Fact {
  readonly checks: readonly SetupCheck[];
}

/** The name of all checks after a stub was not where it should be, as the probe has it. */
export const REST = "the remaining checks";
