// System calls as strace prints them.

import { constantName, flagTerms, formatClone } from "../../core/encoder/names.ts";
import { hex } from "../../lib/errors.ts";
import { quote } from "../../lib/quote.ts";
import { type Answer, type CallArguments, int, isExit, isRefusal, nameOf } from "./call.ts";
import { readBuffers } from "./calls/transfers.ts";
import type { NamedCall } from "./calls.ts";
import { AT_FDCWD, O_ACCMODE, O_CREAT } from "./files.ts";
import type { Guest } from "./guest.ts";
import { kindsOf } from "./signatures.ts";

/** A system call of a guest with its result. */
export interface TracedCall {
  /** E.g. "write"; "syscall_NUMBER" if the encoder does not know the number. */
  readonly name: string;
  readonly number: number;
  /** The arguments as strace prints them. */
  readonly args: readonly string[];
  /** The value; null if the call failed or did not return. */
  readonly value: bigint | null;
  /** The errno by name; null if the call did not fail. */
  readonly errno: string | null;
  /** Whether it failed because stublab does not emulate it, or this use of it. */
  readonly refused: boolean;
  /** The whole call as a line of strace, without a newline: "write(1, "hi", 2) = 2". */
  readonly text: string;
}

/** A call that was made, with what its arguments point to. */
interface MadeCall {
  readonly guest: Guest;
  readonly args: CallArguments;
  readonly answer: Answer;
}

/** Calls whose value is an address. */
const ANSWER_ADDRESSES = ["brk", "mmap", "mremap", "shmat"];

export function traceCall({ name, number }: NamedCall, made: MadeCall): TracedCall {
  const args = showArguments(name, made);
  const { answer } = made;
  const value = isValue(answer) ? answer : null;
  const errno = isValue(answer) || isExit(answer) ? null : nameOf(answer);
  const refused = isRefusal(answer);
  const shown = value !== null && ANSWER_ADDRESSES.includes(name) ? hex(value) : `${value ?? "?"}`;
  const result = `${errno === null ? shown : `-1 ${errno}`}${refused ? " (not emulated)" : ""}`;
  return {
    name,
    number,
    args,
    value,
    errno,
    refused,
    text: `${name}(${args.join(", ")}) = ${result}`,
  };
}

/** The arguments of a call; all six registers if it is unknown. */
function showArguments(name: string, call: MadeCall): string[] {
  const kinds = kindsOf(name) ?? "xxxxxx";
  const shown = [...kinds].map((kind, i) => (KINDS[kind] ?? hex)(call.args[i] ?? 0n, call, i));
  const flags = call.args[kinds.indexOf("om")];
  // An open has a mode only if it creates a file.
  return flags === undefined || (flags & O_CREAT) !== 0n ? shown : shown.slice(0, -1);
}

/** The requests of ioctl that C libraries make for their standard output (<asm-generic/ioctls.h>). */
const REQUESTS = new Map([
  [0x5401n, "TCGETS"],
  [0x5413n, "TIOCGWINSZ"],
]);
const SEEKS = ["SEEK_SET", "SEEK_CUR", "SEEK_END"];
const ACCESS = ["O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE"];
/** The codes of arch_prctl from 0x1001 on. */
const BASES = ["ARCH_SET_GS", "ARCH_SET_FS", "ARCH_GET_FS", "ARCH_GET_GS"];

/** How an argument is shown, by the letter of its kind. */
const KINDS: Readonly<Record<string, (word: bigint, call: MadeCall, index: number) => string>> = {
  // A number of type int, such as a descriptor, a pid or a user.
  d: (word) => `${int(word)}`,
  // A size or another number of 64 bits; the same with a sign.
  u: (word) => `${word}`,
  l: (word) => `${BigInt.asIntN(64, word)}`,
  // Flags, and what has no better form; an offset in hex.
  x: hex,
  z: (word) => (word === 0n ? "0" : hex(word)),
  p: pointer,
  // A string, whole: the path of a call decides what it does.
  s: (address, { guest }) => quoted(address, guest.readString(address), Number.POSITIVE_INFINITY),
  // A buffer whose length follows; one that the call has filled; buffers whose count follows.
  b: (address, { guest, args }, index) => buffer(guest, address, args[index + 1]),
  r: (address, { guest, answer }) =>
    isValue(answer) ? buffer(guest, address, answer) : pointer(address),
  v: (address, { guest, args }, index) => buffers(guest, address, args[index + 1] ?? 0n),
  // The descriptor of the folder to which a path is relative.
  a: (word) => (int(word) === AT_FDCWD ? "AT_FDCWD" : `${int(word)}`),
  // The flags of an open, the mode of a file, a signal, the flags of a clone with its exit signal.
  o: (word, call) => {
    const rest = word & ~O_ACCMODE;
    const more = rest === 0n ? "" : `|${flags(call, rest, /^O_(?!RDWR|WRONLY)/)}`;
    return `${ACCESS[Number(word & O_ACCMODE)]}${more}`;
  },
  m: (word) => `0${(word & 0xffffn).toString(8)}`,
  i: (word, { guest }) => guest.space.tracer.signalName(int(word)),
  c: (word, call) => formatClone(word & ~0xffn, Number(word & 0xffn), constantsOf(call)),
  // A protection, flags of mmap, where lseek counts from, a request of ioctl.
  t: (word, call) => (word === 0n ? "PROT_NONE" : flags(call, word, /^PROT_/)),
  f: (word, call) => (word === 0n ? "0" : flags(call, word, /^MAP_/)),
  w: (word) => SEEKS[int(word)] ?? `${int(word)}`,
  q: (word) => REQUESTS.get(word) ?? pointer(word),
  // A clock, and the time that it has; the system's names; a code of arch_prctl, and the base that it sets or gets.
  C: (word, call) => constantName(BigInt(int(word)), "CLOCK_", constantsOf(call)) ?? `${int(word)}`,
  T: (address, call) => {
    const [seconds, nanoseconds] = filled(call, address, 2) ?? [];
    return seconds === undefined ? pointer(address) : `{tv_sec=${seconds}, tv_nsec=${nanoseconds}}`;
  },
  U: (address, call) => {
    if (!isValue(call.answer)) return pointer(address);
    const field = (at: bigint) => quoted(at, call.guest.readString(at));
    return `{sysname=${field(address)}, nodename=${field(address + 65n)}, ...}`;
  },
  A: (word) => BASES[int(word) - 0x1001] ?? hex(word),
  B: (word, call) => {
    const gets = /GET/.test(BASES[int(call.args[0] ?? 0n) - 0x1001] ?? "");
    const [base] = (gets && filled(call, word, 1)) || [];
    return base === undefined ? hex(word) : `[${hex(base)}]`;
  },
};

/** How many bytes and buffers are shown, as strace does. */
const SHOWN_BYTES = 33n;
const SHOWN_BUFFERS = 32;

function isValue(answer: Answer): answer is bigint {
  return typeof answer === "bigint";
}

/** Words that a call that succeeded has written. */
function filled(
  { guest, answer }: MadeCall,
  address: bigint,
  count: number,
): BigUint64Array | undefined {
  return isValue(answer) ? guest.readWords(address, count) : undefined;
}

function pointer(address: bigint): string {
  return address === 0n ? "NULL" : hex(address);
}

function constantsOf({ guest }: MadeCall): ReadonlyMap<string, bigint> {
  return guest.space.tracer.encoder.constants;
}

function flags(call: MadeCall, word: bigint, kind: RegExp): string {
  return flagTerms(word, kind, constantsOf(call)).join("|");
}

/** Bytes of the guest, or where they would be. */
function quoted(address: bigint, bytes: Uint8Array | undefined, most?: number): string {
  return bytes === undefined ? pointer(address) : quote(bytes, most);
}

function buffer(guest: Guest, address: bigint, length = 0n): string {
  return quoted(address, guest.read(address, Number(length < SHOWN_BYTES ? length : SHOWN_BYTES)));
}

function buffers(guest: Guest, address: bigint, count: bigint): string {
  const read = readBuffers(guest, address, count);
  if (read === undefined) return pointer(address);
  const shown = read
    .slice(0, SHOWN_BUFFERS)
    .map(
      ({ address, length }) => `{iov_base=${buffer(guest, address, length)}, iov_len=${length}}`,
    );
  return `[${[...shown, ...(read.length > SHOWN_BUFFERS ? ["..."] : [])].join(", ")}]`;
}
