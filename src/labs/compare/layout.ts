import type { Arch } from "../../core/machine/index.ts";
import { hex } from "../../lib/errors.ts";
import { quoteWord } from "../../lib/quote.ts";
import { OPEN_CONSTANTS } from "./choices.ts";
import { type Disagreement, HEADERS, type LayoutReport } from "./report.ts";
import type { Subject } from "./subject.ts";

/** Constants that say nothing about the kernel: each encoder has its own. */
const OWN = new Set(["heap"]);

/** Holds the constants of encoders against the headers'; without those, against the first encoder's. Those have none. */
export function compareLayouts(
  arch: Arch,
  subjects: readonly Subject[],
  truth: Subject | undefined,
): { report: LayoutReport; disagreements: Disagreement[] } {
  const reference = truth ?? subjects[0];
  const against = truth === undefined ? (reference?.name ?? HEADERS) : HEADERS;
  const disagreements: Disagreement[] = [];
  const encoders = subjects.map((subject) => {
    let compared = 0;
    let disagreed = 0;
    for (const [name, value] of subject.constants) {
      const other =
        OWN.has(name) || subject === reference ? undefined : reference?.constants.get(name);
      if (other === undefined) continue;
      compared++;
      if (BigInt.asUintN(64, other) === BigInt.asUintN(64, value)) continue;
      disagreed++;
      disagreements.push(describe(arch, subject, against, name, value, other));
    }
    return { name: subject.name, compared, disagreed };
  });
  return { report: { arch, encoders }, disagreements };
}

function describe(
  arch: Arch,
  { name: encoder, argument }: Subject,
  against: string,
  name: string,
  own: bigint,
  other: bigint,
): Disagreement {
  const xor = BigInt.asUintN(64, own ^ other);
  const decides = against === HEADERS;
  const open = OPEN_CONSTANTS[name];
  const told = `the headers say ${name} = ${hex(other)}${open === undefined ? "" : ` ${open}`}`;
  return {
    arch,
    operation: "layout",
    name: null,
    encoder,
    against,
    field: name,
    flags: name.startsWith("REG_") ? [] : [name],
    cases: 1,
    xor: hex(xor),
    masks: 1,
    byte: firstByte(xor),
    own: { bytes: bytesOf(own), word: hex(own), told: hex(own) },
    other: { bytes: bytesOf(other), word: hex(other), told: hex(other) },
    input: [],
    replay: `stublab compare ${quoteWord(argument)} --arch ${arch} --operation layout`,
    apart: null,
    verdict: {
      by: decides ? "headers" : "nobody",
      right: decides ? [HEADERS] : [],
      wrong: decides ? [encoder] : [],
      reason: decides ? told : "no header of this machine says which",
    },
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
