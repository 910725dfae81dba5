import { InputError } from "./errors.ts";
import { didYouMean } from "./nearest.ts";

type Constants = ReadonlyMap<string, bigint>;

/** The form of the kernel's flag names: capitals, digits, underscores. */
const FLAG_NAME = /^_*[A-Z][A-Z0-9_]*$/;

/** Constants of the encoder ABI, which are not flags. */
const OWN_NAME = /^(REG_|WAIT_|SIGINFO_|CLONE3_|ENCODER_|REGISTERS_SIZE$)/;

// The form of the names of each kind. SYS_SECCOMP is not a system call, and SIGINFO_SIZE is not a signal.
const SYSCALL = /^SYS_(?=[a-z_])/;
const SIGNAL = /^SIG(?!INFO_)/;
const CLONE_FLAG = /^CLONE_/;
const ERRNO = /^E(?!NCODER_)[A-Z0-9_]+$/;

/** Whether `text` could only be meant as a name: an upper-case word. */
export function looksLikeName(text: string): boolean {
  return FLAG_NAME.test(text);
}

function flagNames(constants: Constants): string[] {
  return [...constants.keys()].filter((name) => FLAG_NAME.test(name) && !OWN_NAME.test(name));
}

/**
 * Parses a number in any base: 42, -1, 0x2a, 0o52, 052 (octal, as in C), 0b101010. Returns undefined for anything else.
 */
export function parseNumber(text: string): bigint | undefined {
  const match = /^(-?)(0x[0-9a-f]+|0o[0-7]+|0b[01]+|0[0-7]+|0|[1-9][0-9]*)$/i.exec(text);
  if (match === null) return undefined;
  const [, sign = "", digits = ""] = match;
  const value = BigInt(digits.replace(/^0(?=[0-7])/, "0o"));
  return sign === "-" ? -value : value;
}

/**
 * The value of an expression such as `CLONE_FILES|SIGKILL|0x100`.
 *
 * @throws InputError that names the unknown word and the nearest known one.
 */
export function parseFlags(text: string, constants: Constants): bigint {
  let value = 0n;
  for (const term of text.split("|").map((part) => part.trim())) {
    value |= parseNumber(term) ?? namedConstant(term, constants);
  }
  return value;
}

function namedConstant(name: string, constants: Constants): bigint {
  const value = OWN_NAME.test(name) || !FLAG_NAME.test(name) ? undefined : constants.get(name);
  if (value !== undefined) return value;
  throw unknownName("name", name, flagNames(constants));
}

/**
 * The number of a system call, by name or number.
 *
 * @throws InputError that names the nearest known call.
 */
export function parseSyscall(call: string, constants: Constants): bigint {
  const name = `SYS_${call}`;
  const number = SYSCALL.test(name) ? constants.get(name) : undefined;
  const value = number ?? parseNumber(call);
  if (value !== undefined) return value;
  throw unknownName("system call", call, namesOf(SYSCALL, constants));
}

/** The names of all system calls, in alphabetical order. */
export const callNames = (constants: Constants): string[] =>
  namesOf(SYSCALL, constants)
    .map((name) => name.replace(SYSCALL, ""))
    .sort();

/** The name of a system call, or undefined. */
export function syscallName(number: bigint, constants: Constants): string | undefined {
  return nameOf(number, SYSCALL, constants)?.replace(SYSCALL, "");
}

/**
 * A signal by name (SIGKILL or KILL) or number, 0 (no signal) to 64.
 *
 * @throws InputError for anything else.
 */
export function parseSignal(text: string, constants: Constants): number {
  const number = parseNumber(text);
  if (number !== undefined) {
    if (number >= 0n && number <= 64n) return Number(number);
    throw new InputError(`unknown signal ${text}`, {
      remedy: "signals are 1 to 64; 0 means no signal",
    });
  }
  const upper = text.toUpperCase();
  const name = upper.startsWith("SIG") ? upper : `SIG${upper}`;
  const value = SIGNAL.test(name) ? constants.get(name) : undefined;
  if (value !== undefined) return Number(value);
  throw unknownName("signal", text, namesOf(SIGNAL, constants));
}

/** The name of a signal, e.g. "SIGKILL"; "signal 40" if it has no name. */
export function signalName(signal: number, constants: Constants): string {
  return nameOf(BigInt(signal), SIGNAL, constants) ?? `signal ${signal}`;
}

/** The constants of one kind, with their full names. */
export function constantsOf(
  kind: "clone" | "signal",
  constants: Constants,
): [name: string, value: bigint][] {
  const pattern = { clone: CLONE_FLAG, signal: SIGNAL }[kind];
  return [...constants].filter(([name]) => pattern.test(name));
}

/** The name of an errno, e.g. "ENOENT"; "errno 600" if it has no name. */
export function errorName(errno: number, constants: Constants): string {
  return nameOf(BigInt(errno), ERRNO, constants) ?? `errno ${errno}`;
}

/** The first constant of that value whose name begins with `prefix`, or undefined. */
export function constantName(
  value: bigint,
  prefix: string,
  constants: Constants,
): string | undefined {
  return nameOf(value, new RegExp(`^${prefix}`), constants);
}

/** The names of each kind by their values. The constants of an encoder do not change. */
const tables = new WeakMap<Constants, Map<string, ReadonlyMap<bigint, string>>>();

/** The first constant of that value among those of a kind. */
function nameOf(value: bigint, kind: RegExp, constants: Constants): string | undefined {
  const kinds = tables.get(constants) ?? new Map<string, ReadonlyMap<bigint, string>>();
  tables.set(constants, kinds);
  let table = kinds.get(kind.source);
  if (table === undefined) {
    const named = [...constants].filter(([name]) => kind.test(name));
    // Of several constants with one value the first is kept.
    table = new Map(named.reverse().map(([name, constant]) => [constant, name]));
    kinds.set(kind.source, table);
  }
  return table.get(value);
}

/** A clone word as a flag expression, e.g. `CLONE_FILES|SIGKILL`. */
export function formatClone(flags: bigint, exitSignal: number, constants: Constants): string {
  const terms = flagTerms(flags, CLONE_FLAG, constants);
  if (exitSignal !== 0)
    terms.push(nameOf(BigInt(exitSignal), SIGNAL, constants) ?? `${exitSignal}`);
  return terms.length === 0 ? "0" : terms.join("|");
}

/** The names of the flags in a word that match a pattern, and the remaining bits as a number. */
export function flagTerms(flags: bigint, kind: RegExp, constants: Constants): string[] {
  const terms: string[] = [];
  let rest = flags;
  for (const name of namesOf(kind, constants)) {
    const bit = constants.get(name) ?? 0n;
    if (bit === 0n || (rest & bit) !== bit) continue;
    terms.push(name);
    rest &= ~bit;
  }
  if (rest !== 0n) terms.push(`0x${rest.toString(16)}`);
  return terms;
}

function namesOf(kind: RegExp, constants: Constants): string[] {
  return [...constants.keys()].filter((name) => kind.test(name));
}

function unknownName(kind: string, name: string, known: readonly string[]): InputError {
  const stripped = known.map((candidate) => candidate.replace(SYSCALL, ""));
  return new InputError(`unknown ${kind} "${name}"${didYouMean(name, stripped)}`);
}
