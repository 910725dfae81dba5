/* What a case has beside its kinds: that depends on the way. */

import { InputError } from "../../../lib/errors.ts";
import { nearest } from "../../../lib/nearest.ts";
import { show } from "../../../lib/shape.ts";
import { HOST_CONTENTS, type Way } from "./arch.ts";

export interface Content {
  readonly block?: true;
  readonly frame?: true;
  /** The most of them. Those of a frame damage its image. */
  readonly pairs?: number;
  readonly words?: number;
  /** The kernel's own size, which the length is where none is given; null: each machine has its own. */
  readonly length?: number | null;
}

export const CONTENTS: Readonly<Record<Way, Content>> = HOST_CONTENTS;

/** The most pairs that a case may have. */
export function mostPairs(way: Way, frame?: { readonly image?: bigint }): number {
  const { frame: framed, pairs = 0 } = CONTENTS[way];
  return framed && frame?.image === undefined ? 0 : pairs;
}

const KINDS = ["schema", "arch", "from", "way", "on", "signal"];
const MEMBERS = new Map<string, keyof Content>([
  ["code", "block"],
  ["registers", "block"],
  ["pairs", "pairs"],
  ["words", "words"],
  ["length", "length"],
  ["frame", "frame"],
]);

/**
 * Refuses unknown and inapplicable members. Otherwise a misspelt member would silently have its default.
 *
 * @throws InputError that names the member.
 */
export function expectKnown(way: Way, document: object): void {
  const names = [...KINDS, ...MEMBERS.keys()];
  for (const [name, value] of Object.entries(document)) {
    const content = MEMBERS.get(name);
    if (!names.includes(name)) {
      const near = nearest(name, names);
      const hint = near === undefined ? "" : `; did you mean ${near}?`;
      throw new InputError(`a case has no ${show(name)}${hint}`, {
        remedy: `members: ${names.join(", ")}`,
      });
    }
    if (content === undefined || content in CONTENTS[way]) continue;
    if (value === null || (typeof value === "object" && Object.keys(value).length === 0)) continue;
    throw new InputError(`${name}: ${way} takes none`);
  }
}
