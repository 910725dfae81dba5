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
export type Argument = (word: bigint, teller: Teller, words: readonly bigint[]) => string;

const long: Argument = (word) => `${BigInt.asIntN(64, word)}`;
export const pointer: Argument = (word) => (word === 0n ? "NULL" : hex(word));
export const signal: Argument = (value, { constants }) =>
  value === 0n ? "0" : signalName(Number(BigInt.asIntN(32, value)), constants);

/** The constants of a pattern whose bits are in the word; `none` names the word without any. */
export function flags(pattern: RegExp, none = "0"): Argument {
  return (value, { constants }) => flagTerms(value, pattern, constants).join("|") || none;
}

/** Names that only one call knows: they are in no encoder. */
function oneOf(...names: readonly string[]): Argument {
  return (value) => names[Number(BigInt.asIntN(32, value))] ?? `${BigInt.asIntN(32, value)}`;
}

/** The word in memory that a pointer leads to. */
function wordAt(tell: (word: bigint, teller: Teller) => string): Argument {
  return (address, teller) => {
    const bytes = address === 0n ? undefined : teller.read(address, 8);
    if (bytes === undefined) return pointer(address, teller, []);
    return tell(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true), teller);
  };
}

/** How an argument is told, by the letter of its kind. */
const KINDS: Readonly<Record<string, Argument>> = {
  // A number of type int, a pointer, a signal; what has no better form.
  d: (word) => `${BigInt.asIntN(32, word)}`,
  ...{ l: long, p: pointer, i: signal, x: (word) => hex(word) },
  // The flags of a clone with its exit signal.
  c: (value, { constants }) => formatClone(value & ~0xffn, Number(value & 0xffn), constants),
  // The bytes that a pointer and the length after it name.
  b: (address, teller, [, , length = 0n]) => {
    const bytes = teller.read(address, Number(length < 33n ? length : 33n));
    return bytes === undefined ? pointer(address, teller, []) : quote(bytes);
  },
  // A protection, flags of mmap, options of wait4.
  t: flags(/^PROT_(READ|WRITE|EXEC)$/, "PROT_NONE"),
  f: flags(/^MAP_(SHARED|PRIVATE|FIXED|ANONYMOUS|POPULATE)$/),
  w: flags(/^(WNOHANG|WUNTRACED|WCONTINUED|__WALL|__WCLONE|__WNOTHREAD)$/),
  // An option of prctl, and its signal.
  o: (value, { constants }) =>
    constantName(value, "PR_", constants) ?? `${BigInt.asIntN(32, value)}`,
  e: (value, teller, [option]) =>
    option === teller.constants.get("PR_SET_PDEATHSIG") ? signal(value, teller, []) : hex(value),
  // The change of a mask, and a set of 64 signals: of more than half of them, as strace does, those that it lacks.
  m: oneOf("SIG_BLOCK", "SIG_UNBLOCK", "SIG_SETMASK"),
  s: wordAt((set, { constants }) => {
    const { isInverse, names } = signalsOf(set, constants);
    return `${isInverse ? "~" : ""}[${names.map((name) => name.replace(/^SIG/, "")).join(" ")}]`;
  }),
  // What becomes of a signal: the first word of the kernel's struct sigaction.
  a: wordAt((handler) => `{${["SIG_DFL", "SIG_IGN"][Number(handler)] ?? hex(handler)}}`),
  // The only request that a stub makes; the flags of rseq.
  q: oneOf("PTRACE_TRACEME"),
  r: oneOf("0", "RSEQ_FLAG_UNREGISTER"),
};

/** The calls that occur here, with the kinds of their arguments. */
const CALLS = `
  clone:cpppp close:d exit:d exit_group:d getpgid:d getpid: getppid: getsid:d gettid: kill:di mmap:pxtfdx mprotect:pxt
  munmap:px pause: prctl:oe ptrace:q rseq:pdrx rt_sigaction:iapd rt_sigprocmask:mspd setpgid:dd setsid: tgkill:ddi
  wait4:dpwp write:dbl`;
const SIGNATURES = new Map(
  [...CALLS.matchAll(/(\w+):(\w*)/g)].map(([, name, kinds = ""]) => [name, kinds]),
);

/** An argument: its word; text for one that the recorder does not know, such as an address in the host; or both. */
export type Word = bigint | string | Call["arguments"][number];

/** A system call that is under way, by its name or number and the words of its arguments. */
export function tellCall(call: string | bigint, words: readonly Word[], teller: Teller): Call {
  const name =
    typeof call === "string" ? call : (syscallName(call, teller.constants) ?? `syscall_${call}`);
  const values = words.map((each) => (typeof each === "bigint" ? each : 0n));
  const kinds = SIGNATURES.get(name) ?? "xxxxxx";
  const args = [...kinds].map((kind, i) =>
    tellWord(words[i] ?? 0n, (value) => KINDS[kind]?.(value, teller, values) ?? hex(value)),
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
