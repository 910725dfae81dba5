import type { Batch } from "../case/batch.ts";
import { type Case, readSetup } from "../case/case.ts";
import { type Fields, isHandled, readFields, writtenNames } from "../case/fields.ts";
import { FRAME_REGISTERS, OUTCOME, REGISTERS } from "../case/setups.ts";
import type { Prediction } from "./model.ts";

/** The predicted fields of an outcome, named as readFields names them. */
export function predictedFields(it: Case, prediction: Prediction): Fields {
  const { outcome } = prediction;
  const fields = new Map<string, bigint>();
  const half = (name: "error" | "refusedAt" | "resumed" | "status" | "signal" | "code"): bigint =>
    BigInt((outcome[OUTCOME[name]] ?? 0) | 0);
  const words = (from: number, known: number, names: readonly string[]) => {
    for (const [i, name] of names.entries()) {
      if (((known >>> i) & 1) === 1) fields.set(name, wordAt(outcome, from + 2 * i));
    }
  };
  const of = (part: string, names: readonly string[]) => names.map((name) => `${part}.${name}`);
  if (prediction.errorKnown) {
    fields.set("error", half("error"));
    if (it.way === "POKEUSER") fields.set("refusedAt", half("refusedAt"));
  }
  words(OUTCOME.written, prediction.writtenKnown, writtenNames(it));
  if (prediction.statusKnown && half("resumed") !== -1n) {
    fields.set("resumed", half("resumed"));
    if (half("resumed") === 0n) fields.set("status", half("status"));
  }
  words(OUTCOME.stopped, prediction.stoppedKnown, of("stopped", REGISTERS));
  if (prediction.infoKnown && half("signal") !== 0n) {
    fields.set("signal", half("signal"));
    fields.set("code", half("code"));
    if (prediction.addressKnown) fields.set("address", wordAt(outcome, OUTCOME.address));
  }
  if (isHandled(it.signal)) {
    words(OUTCOME.frame, prediction.frameKnown, of("frame", FRAME_REGISTERS));
  }
  return fields;
}

function wordAt(halves: Uint32Array, half: number): bigint {
  return (BigInt(halves[half + 1] ?? 0) << 32n) | BigInt(halves[half] ?? 0);
}

/** A field that differs from its prediction. */
export interface FieldDifference {
  readonly field: string;
  readonly predicted: bigint;
  /** Null if the outcome does not have it. */
  readonly seen: bigint | null;
}

/** The differences of setup `i` of a batch from its prediction. */
export function differencesAt(prediction: Prediction, batch: Batch, i: number): FieldDifference[] {
  const it = readSetup(batch, i);
  return differencesOf(predictedFields(it, prediction), readFields(it, batch, i));
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
  return isWord ? { field, predicted: null, seen: null } : { field, predicted, seen };
}

/** The same for the same kind, and for no other. */
export function kindText({ field, predicted, seen }: DifferenceKind): string {
  return predicted === null ? field : `${field} ${predicted} ${seen}`;
}

/** The differences, in the order of the fields. */
export function differencesOf(predicted: Fields, seen: Fields): FieldDifference[] {
  return [...predicted]
    .filter(([field, word]) => seen.get(field) !== word)
    .map(([field, word]) => ({ field, predicted: word, seen: seen.get(field) ?? null }));
}
