// System calls as strace prints them.

import { hex } from "../../lib/errors.ts";
import { constantName, flagTerms, formatClone } from "../../lib/names.ts";
import { quote } from "../../lib/quote.ts";
import type { GuestCall } from "./answer.ts";
import { type Answer, int, isExit, isRefusal, nameOf } from "./call.ts";
import { readBuffers } from "./calls/transfers.ts";
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

/** A call that was made. */
interface MadeCall extends GuestCall {
  readonly guest: Guest;
  /** What it has returned, if it succeeded: it has then written what its arguments point to. */
  readonly value: bigint | null;
  readonly constants: ReadonlyMap<string, bigint>;
}

/** Calls whose value is an address. */
const ANSWER_ADDRESSES = ["brk", "mmap", "mremap", "shmat"];

export function traceCall(call: GuestCall, guest: Guest, answer: Answer): TracedCall {
  const { name, number } = call;
  const value = typeof answer === "bigint" ? answer : null;
  const errno = typeof answer === "bigint" || isExit(answer) ? null : nameOf(answer);
  const { constants } = guest.space.tracer.encoder;
  const args = showArguments({ ...call, guest, value, constants });
  const refused = isRefusal(answer);
  const shown = value !== null && ANSWER_ADDRESSES.includes(name) ? hex(value) : `${value ?? "?"}`;
  const result = `${errno === null ? shown : `-1 ${errno}`}${refused ? " (not emulated)" : ""}`;
  const text = `${name}(${args.join(", ")}) = ${result}`;
  return { name, number, args, value, errno, refused, text };
}

/** The arguments of a call; all six registers if it is unknown. */
function showArguments(call: MadeCall): string[] {
  const kinds = kindsOf(call.name) ?? "xxxxxx";
  const shown = [...kinds].map((kind, i) => (KINDS[kind] ?? hex)(call.args[i] ?? 0n, call, i));
  const flags = call.args[kinds.indexOf("om")];
  // An open has a mode only if it creates a file.
  return flags === undefined || (flags & O_CREAT) !== 0n ? shown : shown.slice(0, -1);
}

/** The requests of ioctl that C libraries make for their standard output (<asm-generic/ioctls.h>). */
const REQUESTS: Readonly<Record<string, string>> = { "0x5401": "TCGETS", "0x5413": "TIOCGWINSZ" };
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
  r: (at, { guest, value }) => (value === null ? pointer(at) : buffer(guest, at, value)),
  v: (address, { guest, args }, index) => buffers(guest, address, args[index + 1] ?? 0n),
  // The descriptor of the folder to which a path is relative.
  a: (word) => (int(word) === AT_FDCWD ? "AT_FDCWD" : `${int(word)}`),
  // The flags of an open, the mode of a file, a signal, the flags of a clone with its exit signal.
  o: (word, { constants }) => {
    const others = flagTerms(word & ~O_ACCMODE, /^O_(?!RDWR|WRONLY)/, constants);
    return [ACCESS[Number(word & O_ACCMODE)], ...others].join("|");
  },
  m: (word) => `0${(word & 0xffffn).toString(8)}`,
  i: (word, { guest }) => guest.space.tracer.signalName(int(word)),
  c: (word, { constants }) => formatClone(word & ~0xffn, Number(word & 0xffn), constants),
  // A protection, flags of mmap, where lseek counts from, a request of ioctl.
  t: (word, { constants }) => flagTerms(word, /^PROT_/, constants).join("|") || "PROT_NONE",
  f: (word, { constants }) => flagTerms(word, /^MAP_/, constants).join("|") || "0",
  w: (word) => SEEKS[int(word)] ?? `${int(word)}`,
  q: (word) => REQUESTS[hex(word)] ?? pointer(word),
  // A clock, and the time that it has; the system's names; a code of arch_prctl, and the base that it sets or gets.
  C: (word, { constants }) =>
    constantName(BigInt(int(word)), "CLOCK_", constants) ?? `${int(word)}`,
  T: (address, { guest, value }) => {
    const [seconds, nanoseconds] = (value !== null && guest.readWords(address, 2)) || [];
    return seconds === undefined ? pointer(address) : `{tv_sec=${seconds}, tv_nsec=${nanoseconds}}`;
  },
  U: (address, { guest, value }) => {
    if (value === null) return pointer(address);
    const field = (at: bigint) => quoted(at, guest.readString(at));
    return `{sysname=${field(address)}, nodename=${field(address + 65n)}, ...}`;
  },
  A: (word) => BASES[int(word) - 0x1001] ?? hex(word),
  B: (word, { guest, args: [code = 0n], value }) => {
    const gets = value !== null && code > 0x1002n;
    const [base] = (gets && guest.readWords(word, 1)) || [];
    return base === undefined ? hex(word) : `[${hex(base)}]`;
  },
};

/** How many bytes and buffers are shown, as strace does. */
const SHOWN_BYTES = 33n;
const SHOWN_BUFFERS = 32;

function pointer(address: bigint): string {
  return address === 0n ? "NULL" : hex(address);
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
  const shown = read.slice(0, SHOWN_BUFFERS).map((each) => {
    const bytes = buffer(guest, each.address, each.length);
    return `{iov_base=${bytes}, iov_len=${each.length}}`;
  });
  return `[${[...shown, ...(read.length > SHOWN_BUFFERS ? ["..."] : [])].join(", ")}]`;
}
