/* Known deviations in a run of the fuzzer: the model predicts them. */

import { InputError } from "../../../lib/errors.ts";
import { nearest } from "../../../lib/nearest.ts";
import { oneOf, type Shape } from "../../../lib/shape.ts";
import type { Deviations } from "../predict/model.ts";
import { parsePlant } from "../predict/plant.ts";
import { isListed, KNOWN, KNOWN_NAMES, type KnownName, LISTS } from "./arch.ts";

/** Takes the name of a list. @throws InputError */
export function knownList(name: string): KnownName {
  if (isListed(name)) return name;
  const near = nearest(name, KNOWN);
  throw new InputError(`--known: there is no list "${name}"`, {
    remedy: near === undefined ? `lists: ${KNOWN_NAMES}` : `did you mean ${near}?`,
  });
}

export const knownShape: Shape<KnownName> = (value, place) => oneOf(KNOWN)(value, place);

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

/** The option of a command that has a list, with a space before it; empty without a list. */
export function knownOption(name: KnownName | undefined): string {
  return name === undefined ? "" : ` --known ${name}`;
}
