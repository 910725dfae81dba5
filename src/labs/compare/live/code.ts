import { HOST_ARCH } from "../../../core/machine/index.ts";
import { readListing } from "../../../core/stub/listing.ts";
import { list, nullable, record, text } from "../../../lib/shape.ts";
import { DATA } from "./arch.ts";

/*
 * The code of stubs under judgement (judged_ARCH.S), and the data behind it. Both lie at the same address in each of
 * them, so that a case is the same in every run.
 */

export { SLOTS } from "./slots.ts";

/** The code, below 4 GB. */
export const CODE = 0x1000_0000n;

/** The address of a slot. */
export function addressOf(slot: number): bigint {
  return DATA + BigInt(slot);
}

const MOST = 1000;

const line = record({ bytes: text, label: nullable(text) });
const listings = list(record({ name: text, lines: list(line, MOST) }), MOST);
const { lines } = readListing("judged stub", listings);

/** The bytes of the code. */
export const CODE_BYTES: Uint8Array = Uint8Array.from(
  lines.flatMap(({ bytes }) => bytes.split(" ").map((byte) => Number.parseInt(byte, 16))),
);

const labels = new Map<string, bigint>();
let here = CODE;
for (const { bytes, label } of lines) {
  if (label !== null) labels.set(label, here);
  here += BigInt(bytes.split(" ").length);
}

/** The address of a label. @throws RangeError for an unknown one */
export function at(label: string): bigint {
  const address = labels.get(label);
  if (address === undefined) throw new RangeError(`judged_${HOST_ARCH}.S has no ${label}`);
  return address;
}

/** Addresses in the code; the stub rests at `landed` once the registers are written down. */
export const PLACES = {
  entry: at("entry"),
  call: at("call"),
  afterCall: at("afterCall"),
  landed: at("landed"),
  clone: at("clone"),
  queue: at("queue"),
  /** A call that is only asked about, with a breakpoint behind it; it is followed by others, if there are any. */
  question: at("askSyscall"),
};
