import { FUNCTION_NAMES, FUNCTIONS, type FunctionName } from "../../src/core/encoder/abi.ts";

/** A copy of an encoder with one thing in it changed. */
export interface Mutant {
  /** A description of the change. */
  readonly change: string;
  /** The functions of the ABI that run the changed instruction. */
  readonly functions: readonly FunctionName[];
  /** What a report must name: a register, a member, a flag or a parameter; empty if the function is enough. */
  readonly names: readonly string[];
  /** The module in WebAssembly's text format. */
  readonly text: string;
}

type Constants = ReadonlyMap<string, bigint>;

/** The registers of the arguments of a system call (syscall(2)). */
const CALL_REGISTERS: Readonly<Record<string, string>> = {
  number: "rax",
  arg0: "rdi",
  arg1: "rsi",
  arg2: "rdx",
  arg3: "r10",
  arg4: "r8",
  arg5: "r9",
};

/** A flag that another requires shows if that one is set without it. */
const ASKED_FOR_BY: Readonly<Record<string, readonly string[]>> = {
  CLONE_SIGHAND: ["CLONE_THREAD"],
  CLONE_VM: ["CLONE_SIGHAND"],
};

/** Instructions and plausible mistakes for them. */
const SLIPS: readonly (readonly [RegExp, string])[] = [
  [/\((i\d\d)\.and$/, "($1.or"],
  [/\((i\d\d)\.or$/, "($1.and"],
  [/\((i\d\d)\.eq$/, "($1.ne"],
  [/\((i\d\d)\.ne$/, "($1.eq"],
  [/\((i\d\d)\.lt_u$/, "($1.le_u"],
  [/\((i\d\d)\.lt_s$/, "($1.le_s"],
  [/\((i\d\d)\.gt_u$/, "($1.ge_u"],
  [/\((i\d\d)\.gt_s$/, "($1.ge_s"],
  [/\((i\d\d)\.le_u$/, "($1.lt_u"],
  [/\((i\d\d)\.ge_u$/, "($1.gt_u"],
  [/\((i\d\d)\.sub$/, "($1.add"],
  [/\((i\d\d)\.add$/, "($1.sub"],
  [/\((i\d\d)\.shr_u$/, "($1.shl"],
  [/\((i\d\d)\.shl$/, "($1.shr_u"],
];

/** Ways to lose the upper bits of a word: all above 2^32, the sign above 2^31, those beyond 2^53. */
const LOSSES: readonly (readonly [string, string])[] = [
  ["cut to 32 bits", "(i64.extend_i32_u (i32.wrap_i64 WORD))"],
  ["signed above 2^31", "(i64.extend_i32_s (i32.wrap_i64 WORD))"],
  ["a double above 2^53", "(i64.trunc_sat_f64_u (f64.convert_i64_u WORD))"],
];

/** Which lines of a module belong to which functions of the ABI, those that they call included. */
function ownersOf(lines: readonly string[]): (readonly FunctionName[])[] {
  const exported = new Map<string, FunctionName>();
  for (const line of lines) {
    const [, name, id] = /\(export "(\w+)" \(func (\$\S+?)\)\)/.exec(line) ?? [];
    const own = FUNCTION_NAMES.find((known) => known === name);
    if (own !== undefined && id !== undefined) exported.set(id, own);
  }
  const functionOf: (string | undefined)[] = [];
  const callers = new Map<string, Set<string>>();
  let current: string | undefined;
  for (const line of lines) {
    current = /^ \(func (\$\S+)/.exec(line)?.[1] ?? (line.startsWith("  ") ? current : undefined);
    functionOf.push(current);
    const callee = /\(call (\$[^\s)]+)/.exec(line)?.[1];
    if (callee === undefined || current === undefined) continue;
    callers.set(callee, (callers.get(callee) ?? new Set()).add(current));
  }
  const owners = (id: string, seen: ReadonlySet<string>): FunctionName[] => {
    const own = exported.get(id);
    const above = [...(callers.get(id) ?? [])].filter((caller) => !seen.has(caller));
    const inherited = above.flatMap((caller) => owners(caller, new Set([...seen, id])));
    return own === undefined ? inherited : [own, ...inherited];
  };
  return functionOf.map((id) => (id === undefined ? [] : [...new Set(owners(id, new Set()))]));
}

/** Every single change of an encoder's module by the rules of this file. */
export function* mutate(text: string, constants: Constants): Generator<Mutant> {
  const lines = text.split("\n");
  const owners = ownersOf(lines);
  for (const [at, line] of lines.entries()) {
    const functions = owners[at] ?? [];
    if (functions.length === 0) continue;
    for (const { to, change, names } of changesOf(line, functions, constants)) {
      yield mutant(lines, functions, change, names, { [at]: to });
    }
    const next = lines.findIndex((other, i) => i > at && STORE.test(other));
    const [offset, other] = [line, lines[next] ?? ""].map((each) => STORE.exec(each)?.[1]);
    if (offset === undefined || other === undefined || headOf(lines, at) !== headOf(lines, next)) {
      continue;
    }
    const names = [offset, other].flatMap((each) => placesAt(Number(each), functions, constants));
    yield mutant(lines, functions, `stores to ${offset} and ${other} are swapped`, names, {
      [at]: line.replace(/offset=\d+/, `offset=${other}`),
      [next]: lines[next]?.replace(/offset=\d+/, `offset=${offset}`) ?? "",
    });
  }
}

function mutant(
  lines: readonly string[],
  functions: readonly FunctionName[],
  change: string,
  names: readonly string[],
  changed: Readonly<Record<number, string>>,
): Mutant {
  const text = lines.map((line, i) => changed[i] ?? line).join("\n");
  return { change: `${functions.join(", ")}: ${change}`, functions, names, text };
}

const STORE = /\(i64\.store offset=(\d+)/;

/** The first line of the function that contains a line. */
function headOf(lines: readonly string[], at: number): number {
  return lines.findLastIndex((line, i) => i <= at && line.startsWith(" (func"));
}

/** The register or the member at an offset. */
function placesAt(
  offset: number,
  functions: readonly FunctionName[],
  constants: Constants,
): string[] {
  // The members of a siginfo_t overlap.
  if (functions.includes("encodeSiginfo")) return [];
  // It writes arguments to its area, and only rax to its block.
  if (functions.includes("decodeGuestSyscall") && offset < 48) return [`arg${offset / 8}`];
  const prefix = functions.includes("encodeClone3") ? "CLONE3_" : "REG_";
  return [...constants]
    .filter(([name, value]) => name.startsWith(prefix) && Number(value) === offset)
    .map(([name]) => name.slice(prefix.length));
}

interface Change {
  readonly to: string;
  readonly change: string;
  readonly names: readonly string[];
}

function* changesOf(
  line: string,
  functions: readonly FunctionName[],
  constants: Constants,
): Generator<Change> {
  for (const [from, to] of SLIPS) {
    if (from.test(line)) yield slip(line, line.replace(from, to), []);
  }
  yield* changeOffset(line, functions, constants);
  yield* changeConstant(line, functions, constants);
  yield* changeWord(line, functions);
}

function slip(from: string, to: string, names: readonly string[]): Change {
  return { to, change: `${from.trim()} becomes ${to.trim()}`, names };
}

/** A register or a member eight bytes further on. */
function* changeOffset(
  line: string,
  functions: readonly FunctionName[],
  constants: Constants,
): Generator<Change> {
  const [, kind, offset] = /\(i64\.(store|load) offset=(\d+)/.exec(line) ?? [];
  if (kind === undefined) return;
  const moved = Number(offset) + 8;
  const named = [Number(offset), moved].flatMap((each) => placesAt(each, functions, constants));
  // A load from the wrong offset shows wherever its value is stored.
  yield slip(line, line.replace(/offset=\d+/, `offset=${moved}`), kind === "store" ? named : []);
}

/** A number that is too large by one, or a mask without one of its bits. */
function* changeConstant(
  line: string,
  functions: readonly FunctionName[],
  constants: Constants,
): Generator<Change> {
  const [, type, digits] = /\((i\d\d)\.const (-?\d+)\)/.exec(line) ?? [];
  if (digits === undefined) return;
  const value = BigInt(digits);
  const replaced = (to: bigint) => line.replace(/const -?\d+/, `const ${to}`);
  yield slip(line, replaced(value + 1n), []);
  if (type !== "i64" || value < 256n) return;
  for (let bit = 0n; bit < 64n; bit++) {
    const flag = 1n << bit;
    if ((value & flag) === 0n) continue;
    const rest = value ^ flag;
    yield slip(line, replaced(rest), rest === 0n ? [] : flagNamesOf(value, functions, constants));
  }
}

/** The flags in a mask: a rule without one of them shows if another of them is set. */
function flagNamesOf(
  mask: bigint,
  functions: readonly FunctionName[],
  constants: Constants,
): string[] {
  const wait = functions.includes("encodeWaitOptions");
  const clone = functions.includes("encodeClone") || functions.includes("encodeClone3");
  const pattern = wait ? /^_?_?W(?!AIT_)/ : /^CLONE_/;
  // A limit, such as 2^31 - 1, is not a mask of flags.
  if ((!wait && !clone) || (mask & (mask + 1n)) === 0n) return [];
  const names = [...constants].filter(
    ([name, value]) => pattern.test(name) && (mask & value) !== 0n,
  );
  return names.flatMap(([name]) => [name, ...(ASKED_FOR_BY[name] ?? [])]);
}

/** A 64-bit parameter that loses some of its bits. */
function* changeWord(line: string, functions: readonly FunctionName[]): Generator<Change> {
  const [own, ...others] = functions;
  const index = /^ +\(local\.get \$(\d+)\)$/.exec(line)?.[1];
  if (own === undefined || others.length > 0 || index === undefined) return;
  const parameter = FUNCTIONS[own].parameters[Number(index)];
  if (parameter?.kind !== "i64") return;
  const { name } = parameter;
  const register = own === "encodeSyscall" ? CALL_REGISTERS[name] : undefined;
  for (const [loss, form] of LOSSES) {
    const to = line.replace(/\(local\.get \$\d+\)/, (word) => form.replace("WORD", word));
    yield { to, change: `${name} is ${loss}`, names: register === undefined ? [name] : [register] };
  }
}

/** The module without the constants that an encoder need not export, as these take most of the time. */
export function withoutNames(text: string): string {
  const needed = /"(REG_\w+|REGISTERS_SIZE|ENCODER_\w+|heap|memory)"/;
  return text
    .split("\n")
    .filter((line) => !/^ \(export ".*\(global /.test(line) || needed.test(line))
    .join("\n");
}
