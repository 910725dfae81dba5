/* How outcomes differ from their predictions, field by field. */

import type { Fields } from "../case/fields.ts";

/** A field that differs from its prediction. */
export interface FieldDifference {
  readonly field: string;
  readonly predicted: bigint;
  /** Null if the outcome does not have it. */
  readonly seen: bigint | null;
}

export function differencesOf(predicted: Fields, seen: Fields): FieldDifference[] {
  return [...predicted]
    .filter(([field, word]) => seen.get(field) !== word)
    .map(([field, word]) => ({ field, predicted: word, seen: seen.get(field) ?? null }));
}

/** A prediction that has the flags that are not compared as they were seen: differsFrom in assembly/fuzz/assess.ts. */
export function adoptFlags(predicted: Fields, seen: Fields, ignored: bigint): Fields {
  if (ignored === 0n) return predicted;
  const adopted = (field: string, word: bigint) => {
    const other = /\.(eflags|pstate)$/.test(field) ? (seen.get(field) ?? word) : word;
    return (word & ~ignored) | (other & ignored);
  };
  return new Map([...predicted].map(([field, word]) => [field, adopted(field, word)]));
}

/** What differences of one bug have in common. */
export interface DifferenceKind {
  readonly field: string;
  /** Null for registers and addresses: every value is of this kind, and some differ in each run. */
  readonly predicted: bigint | null;
  readonly seen: bigint | null;
}

export function kindOf({ field, predicted, seen }: FieldDifference): DifferenceKind {
  const isWord = field.includes(".") || field === "address";
  if (!isWord) return { field, predicted, seen };
  // The index of a pair says nothing, and changes if one before it is left out.
  return { field: field.replace(/^written\.\d+$/, "written"), predicted: null, seen: null };
}
