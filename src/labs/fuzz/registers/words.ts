/* The registers of a case: read from it, written into it, and what the encoder makes of them. */

import { openAssemblyEncoder } from "../../../core/encoder/assembly.ts";
import { BlockAllocator, registerLayout } from "../../../core/encoder/block.ts";
import { expectDriver } from "../../../core/encoder/driver.ts";
import { HOST_ARCH } from "../../../core/machine/index.ts";
import { BASELINE } from "../case/arch.ts";
import type { Case } from "../case/case.ts";
import { CASE_SCHEMA } from "../case/records.ts";
import { formatCase, parseCase } from "../case/text.ts";
import type { Machine } from "../machine.ts";
import { asBlock } from "../predict/arch.ts";

export type Words = readonly bigint[];

export const encoder = expectDriver(openAssemblyEncoder());
const blocks = new BlockAllocator(encoder);
const [initial, block] = [blocks.allocate(), blocks.allocate()];
const names = registerLayout(encoder).map(({ name }) => name);

/** What the encoder makes of the words of a stub at rest. Those that only cases have stay as they are. */
export function encode(words: Words, by: (block: number, initial: number) => void): Words {
  for (const [i, name] of names.entries()) initial.set(name, words[i] ?? 0n);
  block.copyFrom(initial);
  by(block.offset, initial.offset);
  return words.map((word, i) => (names[i] === undefined ? word : block.get(names[i])));
}

/** The case of a document, of which the head may be missing. @throws InputError */
export const readCase = (document: object) =>
  parseCase({ schema: CASE_SCHEMA, arch: HOST_ARCH, ...document });

/** The words of all registers; undefined if the case writes something else. */
export function wordsOf(it: Case): Words | undefined {
  if (it.block.length > 0) return it.block;
  return it.way === "POKEUSER" ? asBlock({ ...it, from: "signal" })?.block : undefined;
}

/** The case with other words; the same case if it writes something else. */
export function withWords(it: Case, words: Words): Case {
  if (it.block.length > 0) return { ...it, block: words };
  if (it.way !== "POKEUSER") return it;
  const pairs = words.map((word, i) => ({ offset: BigInt(8 * i), word }));
  return { ...it, pairs: pairs.filter(({ word }, i) => word !== BASELINE[i]) };
}

/** The case written in another way, with as much of it as that way has; of a machine's XSAVE area, the length. */
export function withWay(it: Case, way: string, { xstateLength }: Machine): Case {
  const { before, from, on, signal } = formatCase(it);
  const kinds = way === "SIGRETURN" ? {} : { before, from, on, signal };
  const length = way === "XSTATE" ? { length: xstateLength } : {};
  return withWords(readCase({ way, ...kinds, ...length }), wordsOf(it) ?? BASELINE);
}
