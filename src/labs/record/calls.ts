// System calls as strace shows them.

import { hex } from "../../lib/errors.ts";
import {
  constantName,
  errorName,
  flagTerms,
  formatClone,
  signalName,
  syscallName,
} from "../../lib/names.ts";
import { quote } from "../../lib/quote.ts";
import { signalsOf } from "./proc.ts";
import type { Call } from "./recording.ts";

/** The ptrace requests that let a stopped thread run. Their last argument is a signal. */
export const RESUMES = /^PTRACE_(CONT|DETACH|SYSCALL|SINGLESTEP|SYSEMU|SYSEMU_SINGLESTEP)$/;

/** What it takes to tell a word: names of the encoder's constants, and the caller's memory. */
export interface Teller {
  readonly constants: ReadonlyMap<string, bigint>;
  /** Bytes of the process that makes the call; undefined if they cannot be read. */
  read(address: bigint, length: number): Uint8Array | undefined;
}

/** Tells one argument; some need others to be understood. */
type Argument = (word: bigint, teller: Teller, words: readonly bigint[]) => string;

const int: Argument = (word) => `${BigInt.asIntN(32, word)}`;
const long: Argument = (word) => `${BigInt.asIntN(64, word)}`;
const pointer: Argument = (word) => (word === 0n ? "NULL" : hex(word));
const word: Argument = (value) => hex(value);
const signal: Argument = (value, { constants }) =>
  value === 0n ? "0" : signalName(Number(BigInt.asIntN(32, value)), constants);

/** The one constant of that prefix. */
function named(prefix: string): Argument {
  return (value, { constants }) =>
    constantName(value, prefix, constants) ?? `${BigInt.asIntN(32, value)}`;
}

/** The constants of a pattern whose bits are in the word; `none` names the word without any. */
function flags(pattern: RegExp, none = "0"): Argument {
  return (value, { constants }) => flagTerms(value, pattern, constants).join("|") || none;
}

/** Names that only one call knows. */
function oneOf(names: Readonly<Record<number, string>>): Argument {
  return (value) => names[Number(BigInt.asIntN(32, value))] ?? `${BigInt.asIntN(32, value)}`;
}

const cloneWord: Argument = (value, { constants }) =>
  formatClone(value & ~0xffn, Number(value & 0xffn), constants);

const deathSignal: Argument = (value, teller, [option]) =>
  option === teller.constants.get("PR_SET_PDEATHSIG") ? signal(value, teller, []) : hex(value);

/** The bytes that a pointer and the length after it name. */
const buffer: Argument = (address, teller, [, , length = 0n]) => {
  const bytes = teller.read(address, Number(length < 33n ? length : 33n));
  return bytes === undefined ? pointer(address, teller, []) : quote(bytes);
};

/** The word in memory that a pointer leads to. */
function wordAt(tell: (word: bigint, teller: Teller) => string): Argument {
  return (address, teller) => {
    const bytes = address === 0n ? undefined : teller.read(address, 8);
    if (bytes === undefined) return pointer(address, teller, []);
    return tell(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true), teller);
  };
}

/** A set of 64 signals. If it has more than half of them, the text lists those that it lacks, as strace does. */
const signalSet = wordAt((set, { constants }) => {
  const { isInverse, names } = signalsOf(set, constants);
  return `${isInverse ? "~" : ""}[${names.map((name) => name.replace(/^SIG/, "")).join(" ")}]`;
});

/** What becomes of a signal: the first word of the kernel's struct sigaction. */
const disposition = wordAt((handler) => {
  return `{${handler === 0n ? "SIG_DFL" : handler === 1n ? "SIG_IGN" : hex(handler)}}`;
});

const protection = flags(/^PROT_(READ|WRITE|EXEC)$/, "PROT_NONE");
const mapFlags = flags(/^MAP_(SHARED|PRIVATE|FIXED|ANONYMOUS|POPULATE)$/);
const waitOptions = flags(/^(WNOHANG|WUNTRACED|WCONTINUED|__WALL|__WCLONE|__WNOTHREAD)$/);

// SIG_BLOCK and its like, and rseq's flag, are in no encoder: <asm/signal.h>, <linux/rseq.h>.
const maskChange = oneOf({ 0: "SIG_BLOCK", 1: "SIG_UNBLOCK", 2: "SIG_SETMASK" });
const rseqFlags = oneOf({ 0: "0", 1: "RSEQ_FLAG_UNREGISTER" });

/** The arguments of the calls that occur here, by their names. */
const SIGNATURES: Readonly<Record<string, readonly Argument[]>> = {
  clone: [cloneWord, pointer, pointer, pointer, pointer],
  close: [int],
  exit: [int],
  exit_group: [int],
  getpgid: [int],
  getpid: [],
  getppid: [],
  getsid: [int],
  gettid: [],
  kill: [int, signal],
  mmap: [pointer, word, protection, mapFlags, int, word],
  mprotect: [pointer, word, protection],
  munmap: [pointer, word],
  pause: [],
  prctl: [named("PR_"), deathSignal],
  // PTRACE_TRACEME is the only request that a stub makes, and in no encoder.
  ptrace: [oneOf({ 0: "PTRACE_TRACEME" })],
  rseq: [pointer, int, rseqFlags, word],
  rt_sigaction: [signal, disposition, pointer, int],
  rt_sigprocmask: [maskChange, signalSet, pointer, int],
  setpgid: [int, int],
  setsid: [],
  tgkill: [int, int, signal],
  wait4: [int, pointer, waitOptions, pointer],
  write: [int, buffer, long],
};

const UNKNOWN: readonly Argument[] = [word, word, word, word, word, word];

/** An argument: its word; text for one that the recorder does not know, such as an address in the host; or both. */
export type Word = bigint | string | Call["arguments"][number];

/** A system call that is under way, by its name or number and the words of its arguments. */
export function tellCall(call: string | bigint, words: readonly Word[], teller: Teller): Call {
  const name =
    typeof call === "string" ? call : (syscallName(call, teller.constants) ?? `syscall_${call}`);
  const values = words.map((each) => (typeof each === "bigint" ? each : 0n));
  const known = Object.hasOwn(SIGNATURES, name) ? SIGNATURES[name] : undefined;
  const args = (known ?? UNKNOWN).map((tell, i) =>
    tellWord(words[i] ?? 0n, (value) => tell(value, teller, values)),
  );
  return { name, arguments: args, result: null };
}

/** An argument in the form of a recording. */
export function tellWord(word: Word, tell: (value: bigint) => string): Call["arguments"][number] {
  if (typeof word === "string") return { word: null, told: word };
  return typeof word === "bigint" ? { word: hex(word), told: tell(word) } : word;
}

/** The same call once it has returned. */
export function returned(call: Call, result: bigint, teller: Teller): Call {
  const tell = call.name === "mmap" ? pointer : long;
  const told = errorOf(result, teller) ?? tell(result, teller, []);
  return { ...call, result: { word: hex(result), told } };
}

/** "-1 EBADF" for a result that is an errno. */
function errorOf(result: bigint, { constants }: Teller): string | undefined {
  const value = BigInt.asIntN(64, result);
  if (value < -4095n || value > -1n) return undefined;
  return `-1 ${errorName(Number(-value), constants)}`;
}

/** A call on one line: "prctl(PR_SET_PDEATHSIG, SIGKILL) = 0". */
export function callTitle({ name, arguments: args, result }: Call): string {
  return `${name}(${args.map(({ told }) => told).join(", ")}) = ${result?.told ?? "?"}`;
}
