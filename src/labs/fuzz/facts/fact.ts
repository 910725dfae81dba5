/* A fact: a sentence about ptrace, where the kernel's source has it, and the checks of it. */

import type { Case } from "../case/case.ts";
import type { Fields } from "../case/fields.ts";
import type { Need } from "./needs.ts";
import type { Place } from "./read/places.ts";
import type { Verb } from "./read/verbs.ts";

interface Head {
  readonly name: string;
  readonly group: string;
  /** Function and file of the kernel, or the place in a manual. */
  readonly source: string;
  /** The ids of the model's rules (docs/model.md) that every check of the fact is about. */
  readonly rules: readonly string[];
}

/** A fact whose checks are cases. */
export interface SetupFact extends Head {
  readonly checks: readonly SetupCheck[];
}

/** One case of a fact and its expected outcome. */
export interface SetupCheck {
  /** The value that differs between the checks of a fact; empty if there is only one. */
  readonly name: string;
  readonly it: Case;
  /** The fields that matter, as readFields has them. */
  readonly expected: Fields;
  readonly needs: readonly Need[];
}

/** A fact about requests that no case has. */
export interface RequestFact extends Head {
  readonly steps: readonly RequestStep[];
}

/** The name of all checks after a tracee was not where it should be. */
export const REST = "the remaining checks";

/** What is done with tracees, and what is seen then, if that is a check. */
export interface RequestStep {
  readonly name?: string;
  readonly verbs: readonly Verb[];
  readonly expected?: readonly RequestField[];
}

/** A field of what is expected. */
export interface RequestField {
  readonly field: string;
  readonly place: Place;
  /** The negative of an errno, a status word, no difference: -1; it may stand for another one. */
  readonly word: bigint;
}

export type Fact = SetupFact | RequestFact;
