import { readListing } from "../../listing.ts";
import { list, members, nullable, text } from "../../shape.ts";

/*
 * The page of code of stubs under judgement (judged_amd64.S), and the page of data behind it. Both lie at the same address
 * in each of them, so that a case is the same in every run.
 */

export { SLOTS } from "./slots.ts";

/** The page of code, below 4 GB. */
export const CODE = 0x1000_0000n;
/** The page of data, which nobody executes. */
export const DATA = 0x1000_1000n;

/** The general registers in the order of their numbers in machine code. */
export const GENERAL: readonly string[] = (
  "rax rcx rdx rbx rsp rbp rsi rdi " + "r8 r9 r10 r11 r12 r13 r14 r15"
).split(" ");
/** The segment registers in that order. */
export const SEGMENTS: readonly string[] = ["es", "cs", "ss", "ds", "fs", "gs"];

const MOST = 1000;

const { lines } = readListing(
  "judged stub",
  list((value, place) => {
    const read = members(value, place);
    return {
      name: read("name", text),
      lines: read(
        "lines",
        list((line, at) => {
          const own = members(line, at);
          return { bytes: own("bytes", text).split(" "), label: own("label", nullable(text)) };
        }, MOST),
      ),
    };
  }, MOST),
);

/** The bytes of the page of code. */
export const CODE_BYTES: Uint8Array = Uint8Array.from(
  lines.flatMap(({ bytes }) => bytes.map((byte) => Number.parseInt(byte, 16))),
);

const labels = new Map<string, bigint>();
let here = CODE;
for (const { bytes, label } of lines) {
  if (label !== null) labels.set(label, here);
  here += BigInt(bytes.length);
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
