import { InputError } from "../../lib/errors.ts";
import { didYouMean } from "../../lib/nearest.ts";
import type { Group, Mechanism } from "./mechanism.ts";
import { FLOOR } from "./mechanisms.ts";

/**
 * The mechanisms that names select, and what they are compared with. A name is a mechanism's or a group's; no name
 * selects all.
 *
 * @throws InputError for an unknown name
 */
export function choose(
  names: readonly string[],
  groups: readonly Group[],
  mechanisms: readonly Mechanism[],
): readonly Mechanism[] {
  if (names.length === 0) return mechanisms;
  const wanted = new Set([FLOOR]);
  for (const name of names) {
    const own = mechanisms.filter((each) => each.name === name || each.group === name);
    if (own.length === 0) {
      const known = [...groups, ...mechanisms].map((each) => each.name);
      throw new InputError(`unknown mechanism "${name}"${didYouMean(name, known)}`, {
        remedy: "--list lists the mechanisms",
      });
    }
    for (const { name, group } of own) {
      wanted.add(name);
      wanted.add(groups.find((each) => each.name === group)?.against ?? name);
    }
  }
  return mechanisms.filter(({ name }) => wanted.has(name));
}
