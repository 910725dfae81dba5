/* What the document of a case may have beside its kinds: that depends on the way. */

import { InputError } from "../../errors.ts";
import { nearest } from "../../nearest.ts";
import { show } from "../../shape.ts";
import { CONSTANTS } from "./records.ts";
import { REGISTERS, type Way } from "./setups.ts";

export const HAS_BLOCK: ReadonlySet<Way> = new Set(["SETREGS", "SETREGSET", "SIGRETURN"]);
export const HAS_PAIRS: ReadonlySet<Way> = new Set(["POKEUSER", "SETFPREGS", "XSTATE"]);

/** The most pairs that a case may have: with rt_sigreturn they damage an image. */
export function mostPairs(way: Way, frame?: { readonly image?: bigint }): number {
  if (way === "SIGRETURN") return frame?.image === undefined ? 0 : CONSTANTS.MOST_IMAGE_PAIRS;
  return HAS_PAIRS.has(way) ? CONSTANTS.MOST_PAIRS : 0;
}

export const HAS_LENGTH: ReadonlySet<Way> = new Set([
  "SETREGSET",
  "XSTATE",
  "SYSCALL_INFO",
  "SIGMASK",
  "DISPATCH",
]);

/** How many words they have. */
export const WORDS: Partial<Readonly<Record<Way, number>>> = {
  SYSCALL_INFO: CONSTANTS.SYSCALL_INFO_WORDS,
  SIGMASK: 1,
  DISPATCH: CONSTANTS.DISPATCH_WORDS,
};

/** Bytes of struct user_regs_struct. */
export const BLOCK_SIZE = 8 * REGISTERS.length;

/** The kernel's own sizes, which lengths are where none is given. Of an XSAVE area each machine has its own. */
export const PLAIN_LENGTHS: Partial<Readonly<Record<Way, number>>> = {
  SETREGSET: BLOCK_SIZE,
  SYSCALL_INFO: 8 * CONSTANTS.SYSCALL_INFO_WORDS,
  SIGMASK: 8,
  DISPATCH: 32,
};

const always = () => true;

/** The members, and whether a way has them. */
const MEMBERS: ReadonlyMap<string, (way: Way) => boolean> = new Map([
  ...["schema", "from", "way", "on", "signal"].map((name) => [name, always] as const),
  ["code", (way: Way) => HAS_BLOCK.has(way)],
  ["registers", (way: Way) => HAS_BLOCK.has(way)],
  ["pairs", (way: Way) => HAS_PAIRS.has(way) || way === "SIGRETURN"],
  ["words", (way: Way) => WORDS[way] !== undefined],
  ["length", (way: Way) => HAS_LENGTH.has(way)],
  ["frame", (way: Way) => way === "SIGRETURN"],
]);

/**
 * Refuses unknown and inapplicable members. Otherwise a misspelt member would silently have its default.
 *
 * @throws InputError that names the member.
 */
export function expectKnown(way: Way, document: object): void {
  const names = [...MEMBERS.keys()];
  for (const [name, value] of Object.entries(document)) {
    const has = MEMBERS.get(name);
    if (has === undefined) {
      const near = nearest(name, names);
      const hint = near === undefined ? "" : `; did you mean ${near}?`;
      throw new InputError(`a case has no ${show(name)}${hint}`, {
        remedy: `members: ${names.join(", ")}`,
      });
    }
    if (!has(way) && !isEmpty(value)) throw new InputError(`${name}: ${way} takes none`);
  }
}

function isEmpty(value: unknown): boolean {
  return value === null || (typeof value === "object" && Object.keys(value).length === 0);
}
