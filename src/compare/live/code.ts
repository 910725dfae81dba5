import { readListing } from "../../listing.ts";
import { list, nullable, record, text } from "../../shape.ts";

/*
 * The page of code of stubs under judgement (judged_amd64.S), and the page of data behind it. Both lie at the same address
 * in each of them, so that a case is the same in every run.
 */

export { SLOTS } from "./slots.ts";

/** The page of code, below 4 GB. */
export const CODE = 0x1000_0000n;
/** The page of data, which nobody executes. */
export const DATA = 0x1000_1000n;

/** The address of a slot. */
export function addressOf(slot: number): bigint {
  return DATA + BigInt(slot);
}

/** The general registers in the order of their numbers in machine code. */
export const GENERAL: readonly string[] = (
  "rax rcx rdx rbx rsp rbp rsi rdi " + "r8 r9 r10 r11 r12 r13 r14 r15"
).split(" ");
/** The segment registers in that order. */
export const SEGMENTS: readonly string[] = ["es", "cs", "ss", "ds", "fs", "gs"];

const MOST = 1000;

const line = record({ bytes: text, label: nullable(text) });
const listings = list(record({ name: text, lines: list(line, MOST) }), MOST);
const { lines } = readListing("judged stub", listings);

/** The bytes of the page of code. */
export const CODE_BYTES: Uint8Array = Uint8Array.from(
  lines.flatMap(({ bytes }) => bytes.split(" ").map((byte) => Number.parseInt(byte, 16))),
);

const labels = new Map<string, bigint>();
let here = CODE;
for (const { bytes, label } of lines) {
  if (label !== null) labels.set(label, here);
  here += BigInt(bytes.split(" ").length);
}

function at(label: string): bigint {
  const address = labels.get(label);
  if (address === undefined) throw new RangeError(`judged_amd64.S has no ${label}`);
  return address;
}

/** Addresses in the page of code; `landed` is where RIP rests once the registers are written down. */
export const PLACES = {
  entry: at("entry"),
  call: at("call"),
  afterCall: at("afterCall"),
  landed: at("landed"),
  clone: at("clone"),
  queue: at("queue"),
  /** Where the calls lie that are only asked about: each has an INT3 behind it. */
  questions: { syscall: at("askSyscall"), int80: at("askInt80"), callRax: at("askCallRax") },
};
