import { HOST_ARCH } from "../../../core/machine/index.ts";
import { readListing } from "../../../lib/listing.ts";
import { list, nullable, record, text } from "../../../lib/shape.ts";
import { HOST } from "./arch.ts";

/*
 * The code of stubs under judgement (judged_ARCH.S), and the data after it. Both lie at the same address in each of
 * them, so that a case is the same in every run.
 */

/** The code, below 4 GB. */
export const CODE = 0x1000_0000n;

/** Byte offsets in the data. */
const SLOTS = {
  /** What clone writes: a tid for the parent, one for the child, a pidfd; a word each. */
  parentTid: 0,
  childTid: 8,
  pidfd: 16,
  /** What a call takes or fills: a struct, at most 128 bytes. */
  argument: 0x100,
  stackEnd: 0x800,
  /** The instructions of a filter. */
  filter: 0x800,
};

export type Slot = keyof typeof SLOTS;

/** The address of a slot. */
export function slot(name: Slot): bigint {
  return HOST.data + BigInt(SLOTS[name]);
}

const MOST = 1000;

const line = record({ bytes: text, label: nullable(text) });
const listings = list(record({ name: text, lines: list(line, MOST) }), MOST);

const bytes: number[] = [];
const labels = new Map<string, bigint>();
for (const each of readListing(HOST_ARCH, "judged stub", listings).lines) {
  if (each.label !== null) labels.set(each.label, CODE + BigInt(bytes.length));
  bytes.push(...each.bytes.split(" ").map((byte) => Number.parseInt(byte, 16)));
}

/** The bytes of the code. */
export const CODE_BYTES = Uint8Array.from(bytes);

/** The address of a label. @throws RangeError for an unknown one */
export function at(label: string): bigint {
  const address = labels.get(label);
  if (address === undefined) throw new RangeError(`judged_${HOST_ARCH}.S has no ${label}`);
  return address;
}
