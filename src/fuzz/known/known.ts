/* Known deviations of which a run of the fuzzer is told: the model predicts them. */

import { InputError } from "../../errors.ts";
import { nearest } from "../../nearest.ts";
import { oneOf, type Shape } from "../../shape.ts";
import type { Change } from "../predict/model.ts";
import { parsePlant } from "../predict/plant.ts";
import { isListed, KNOWN, KNOWN_NAMES, type KnownName, LISTS } from "./lists.ts";

/** Takes the name of a list. @throws InputError */
export function knownList(name: string): KnownName {
  if (isListed(name)) return name;
  const near = nearest(name, KNOWN);
  throw new InputError(`--known: there is no list "${name}"`, {
    remedy: near === undefined ? `lists: ${KNOWN_NAMES}` : `did you mean ${near}?`,
  });
}

export const knownShape: Shape<KnownName> = (value, place) => oneOf(KNOWN)(value, place);

/** The changes of the model that a list has. */
export function changesOf(name: KnownName | undefined): readonly Change[] {
  return name === undefined ? [] : LISTS[name].changes.map(parsePlant);
}

/** The option of a command that has a list, with a space before it; nothing where there is none. */
export function knownOption(name: KnownName | undefined): string {
  return name === undefined ? "" : ` --known ${name}`;
}
