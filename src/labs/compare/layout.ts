import type { Arch } from "../../core/machine/index.ts";
import { hex } from "../../lib/errors.ts";
import { quoteWord } from "../../lib/quote.ts";
import { OPEN_CONSTANTS } from "./choices.ts";
import { type Disagreement, HEADERS, type LayoutReport } from "./report.ts";
import type { Subject } from "./subject.ts";

/** Constants that say nothing about the kernel: each encoder has its own. */
const OWN = new Set(["heap"]);

/** Compares the constants of encoders with the headers'. */
export function compareLayouts(
  arch: Arch,
  subjects: readonly Subject[],
  truth: Subject,
): { report: LayoutReport; disagreements: Disagreement[] } {
  const disagreements: Disagreement[] = [];
  const encoders = subjects.map((subject) => {
    let compared = 0;
    let disagreed = 0;
    for (const [name, value] of subject === truth ? [] : subject.constants) {
      const other = OWN.has(name) ? undefined : truth.constants.get(name);
      if (other === undefined) continue;
      compared++;
      if (BigInt.asUintN(64, other) === BigInt.asUintN(64, value)) continue;
      disagreed++;
      disagreements.push(describe(arch, subject, name, value, other));
    }
    return { name: subject.name, compared, disagreed };
  });
  return { report: { arch, encoders }, disagreements };
}

function describe(
  arch: Arch,
  { name: encoder, argument }: Subject,
  name: string,
  own: bigint,
  other: bigint,
): Disagreement {
  const xor = BigInt.asUintN(64, own ^ other);
  const answer = (word: bigint) => ({ bytes: bytesOf(word), word: hex(word), told: hex(word) });
  const open = OPEN_CONSTANTS[name];
  const reason = `the headers say ${name} = ${hex(other)}${open === undefined ? "" : ` ${open}`}`;
  return {
    arch,
    operation: "layout",
    name: null,
    encoder,
    against: HEADERS,
    field: name,
    flags: name.startsWith("REG_") ? [] : [name],
    cases: 1,
    xor: hex(xor),
    masks: 1,
    byte: firstByte(xor),
    own: answer(own),
    other: answer(other),
    input: [],
    replay: `stublab compare ${quoteWord(argument)} --arch ${arch} --operation layout`,
    apart: null,
    verdict: { by: "headers", right: [HEADERS], wrong: [encoder], reason },
  };
}

/** The index of the first byte of a word that is not 0. */
export function firstByte(word: bigint): number {
  let byte = 0;
  while (((word >> BigInt(8 * byte)) & 0xffn) === 0n) byte++;
  return byte;
}

/** A word in the order of memory. */
export function bytesOf(word: bigint, count = 8): string {
  return Array.from({ length: count }, (_, i) => (word >> BigInt(8 * i)) & 0xffn)
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join(" ");
}
