/*
 * Known deviations. A run that is given a list does not fail because of them, and reports all others: those of a kernel
 * under an emulator that has faults of its own. The model predicts them. The probe has the same lists.
 */

import { HOST_ARCH } from "../../../core/machine/index.ts";
import { rowsOf } from "../../../lib/rows.ts";
import {
  count,
  list,
  type OptionShapes,
  oneOf,
  optional,
  record,
  type Shape,
  text,
  truth,
} from "../../../lib/shape.ts";
import type { Change, Deviations } from "../predict/model.ts";
import { changeShape, parsePlant, plantOption } from "../predict/plant.ts";
import amd64 from "./amd64.jsonl";
import arm64 from "./arm64.jsonl";

const rowShape = record({
  /** What the model predicts then, as --plant has it. */
  changes: optional(list(text, 64)),
  /** Bits of eflags that are not compared. */
  ignoredFlags: optional(count(0xffff_ffff)),
  /** Whether no case has a breakpoint for data. */
  avoidsWatchpoints: optional(truth),
  /** One that does not hold, or a check of one as `nameOfCheck` has it. */
  fact: optional(text),
});

/** A list is data: lines of ARCH.jsonl, each with some of it. */
function listOf(lines: string) {
  const rows = rowsOf(lines, rowShape);
  return {
    changes: rows.flatMap(({ changes = [] }) => changes),
    ignoredFlags: rows.reduce((bits, { ignoredFlags = 0 }) => bits | ignoredFlags, 0),
    avoidsWatchpoints: rows.some((row) => row.avoidsWatchpoints),
    facts: rows.flatMap(({ fact }) => fact ?? []),
  };
}

export type KnownName = "qemu-tcg";
export const LISTS = { "qemu-tcg": listOf({ amd64, arm64 }[HOST_ARCH]) };

export const isListed = (name: string): name is KnownName => Object.hasOwn(LISTS, name);
export const KNOWN: readonly KnownName[] = Object.keys(LISTS).filter(isListed);

export const knownShape: Shape<KnownName> = (value, place) => oneOf(KNOWN)(value, place);

/** How a model deviates from that of the machine. */
export interface ModelOptions {
  /** A rule of the model to remove or alter: a planted bug, to see whether it is found. */
  readonly change?: Change | undefined;
  /** The name of a list of known deviations of an emulator, which the model predicts then. */
  readonly known?: KnownName | undefined;
}

export const MODEL_SHAPES: OptionShapes<ModelOptions> = {
  change: changeShape,
  known: knownShape,
};

/** What the model predicts with a list. */
export function deviationsOf(name: KnownName): Deviations;
export function deviationsOf(name: KnownName | undefined): Deviations | undefined;
export function deviationsOf(name: KnownName | undefined): Deviations | undefined {
  if (name === undefined) return undefined;
  const { changes, ignoredFlags } = LISTS[name];
  return { changes: changes.map(parsePlant), ignoredFlags };
}

/** What a report about a prediction says of a list. */
export function knownLine(name: KnownName): string {
  return `The prediction has the known deviations of ${name}, which are not those of Linux.`;
}

/** The options of a command whose model has a planted bug, or a list, each with a space before it. */
export function modelOptions({ change, known }: ModelOptions): string {
  return `${plantOption(change)}${knownOption(known)}`;
}

/** The option of a command that has a list, with a space before it; empty without a list. */
export function knownOption(name: KnownName | undefined): string {
  return name === undefined ? "" : ` --known ${name}`;
}
