import { InputError } from "../../../errors.ts";
import { nearest } from "../../../nearest.ts";
import { show } from "../../../shape.ts";
import type { Listing } from "../../listing.ts";
import { evaluate, type Names } from "../expression.ts";

/*
 * An assembler for the instructions that stub code needs, in the syntax of shim/amd64/stub.S (AT&T's), with the
 * encodings of GNU as. Each instruction is one line of the listing; jumps are short where they can be.
 */

/** The general registers in the order of their numbers in machine code, by their width in bytes. */
const WIDE = "rax rcx rdx rbx rsp rbp rsi rdi r8 r9 r10 r11 r12 r13 r14 r15".split(" ");
const NARROW = [
  ..."eax ecx edx ebx esp ebp esi edi".split(" "),
  ..."r8d r9d r10d r11d r12d r13d r14d r15d".split(" "),
];

/** Instructions without operands. */
const PLAIN: Readonly<Record<string, readonly number[]>> = {
  syscall: [0x0f, 0x05],
  int3: [0xcc],
  hlt: [0xf4],
  nop: [0x90],
  pause: [0xf3, 0x90],
  ret: [0xc3],
  ud2: [0x0f, 0x0b],
};

/** Arithmetic with two operands: the digit of its opcodes. */
const ARITHMETIC: Readonly<Record<string, number>> = {
  add: 0,
  or: 1,
  and: 4,
  sub: 5,
  xor: 6,
  cmp: 7,
};

/** Arithmetic with one operand: its opcode and digit. */
const UNARY: Readonly<Record<string, readonly [opcode: number, digit: number]>> = {
  not: [0xf7, 2],
  neg: [0xf7, 3],
  inc: [0xff, 0],
  dec: [0xff, 1],
};

/** The condition codes of jumps. */
const CONDITIONS: Readonly<Record<string, number>> = {
  jb: 2,
  jae: 3,
  je: 4,
  jz: 4,
  jne: 5,
  jnz: 5,
  jbe: 6,
  ja: 7,
  js: 8,
  jns: 9,
  jl: 12,
  jge: 13,
  jle: 14,
  jg: 15,
};

/** The names of all instructions. */
export const MNEMONICS: readonly string[] = [
  ...Object.keys(PLAIN),
  "mov",
  "test",
  "push",
  "pop",
  ...Object.keys(ARITHMETIC),
  ...Object.keys(UNARY),
  "jmp",
  "call",
  ...Object.keys(CONDITIONS),
];

/** The most bytes of code: a page. */
const MOST = 4096;

type Operand =
  | { readonly kind: "register"; readonly number: number; readonly bytes: 4 | 8 }
  | { readonly kind: "word"; readonly word: bigint }
  | { readonly kind: "memory"; readonly base: number; readonly displacement: number };

/** A line of code: bytes, or a jump whose distance is not known yet. */
interface Line {
  readonly number: number;
  readonly text: string;
  readonly label: string | null;
  readonly bytes: readonly number[];
  readonly jump?: { readonly to: string; readonly opcode: Jump };
}

/** The opcodes of a jump over a short and over a long distance; a call has no short one. */
interface Jump {
  readonly short: number | undefined;
  readonly long: readonly number[];
}

/**
 * Assembles a source.
 *
 * @param names of constants.
 * @throws InputError that names the line.
 */
export function assemble(name: string, source: string, names: Names): Listing {
  const lines = parse(source, names);
  const wide = new Set<Line>();
  for (;;) {
    const places = layOut(lines, wide);
    const far = lines.filter(
      (line) => line.jump !== undefined && !wide.has(line) && !isShort(line, places),
    );
    if (far.length === 0) return listing(name, lines, places, wide);
    for (const line of far) wide.add(line);
  }
}

interface Places {
  readonly offsets: ReadonlyMap<Line, number>;
  readonly labels: ReadonlyMap<string, number>;
}

function layOut(lines: readonly Line[], wide: ReadonlySet<Line>): Places {
  const offsets = new Map<Line, number>();
  const labels = new Map<string, number>();
  let offset = 0;
  for (const line of lines) {
    offsets.set(line, offset);
    for (const label of line.label?.split(" ") ?? []) labels.set(label, offset);
    offset += lengthOf(line, wide);
  }
  if (offset > MOST) throw new InputError(`the code has ${offset} bytes, more than a page`);
  return { offsets, labels };
}

function lengthOf(line: Line, wide: ReadonlySet<Line>): number {
  if (line.jump === undefined) return line.bytes.length;
  const { short, long } = line.jump.opcode;
  return short === undefined || wide.has(line) ? long.length + 4 : 2;
}

/** The distance of a jump from its end. */
function distance(line: Line, length: number, { offsets, labels }: Places): number {
  const to = labels.get(line.jump?.to ?? "");
  if (to !== undefined) return to - (offsets.get(line) ?? 0) - length;
  const near = nearest(line.jump?.to ?? "", [...labels.keys()]);
  const hint = near === undefined ? "" : `; did you mean ${near}?`;
  throw new InputError(`line ${line.number}: there is no label ${show(line.jump?.to)}${hint}`);
}

function isShort(line: Line, places: Places): boolean {
  const far = distance(line, 2, places);
  return line.jump?.opcode.short === undefined || (far >= -128 && far <= 127);
}

function listing(
  name: string,
  lines: readonly Line[],
  places: Places,
  wide: ReadonlySet<Line>,
): Listing {
  return {
    name,
    lines: lines.map((line) => ({
      offset: places.offsets.get(line) ?? 0,
      bytes: bytesOf(line, places, wide)
        .map((byte) => byte.toString(16).padStart(2, "0"))
        .join(" "),
      text: line.text,
      label: line.label,
    })),
  };
}

function bytesOf(line: Line, places: Places, wide: ReadonlySet<Line>): readonly number[] {
  if (line.jump === undefined) return line.bytes;
  const length = lengthOf(line, wide);
  const far = distance(line, length, places);
  const { short, long } = line.jump.opcode;
  return length === 2 && short !== undefined ? [short, far & 0xff] : [...long, ...word32(far)];
}

function word32(value: number): number[] {
  return [0, 8, 16, 24].map((shift) => (value >> shift) & 0xff);
}

function parse(source: string, names: Names): Line[] {
  const lines: Line[] = [];
  const known = new Set<string>();
  let labels: string[] = [];
  for (const [i, row] of source.split("\n").entries()) {
    let text = row.replace(/(#|\/\/).*/, "").trim();
    for (;;) {
      const [all = "", label] = /^([A-Za-z_]\w*):\s*/.exec(text) ?? [];
      if (label === undefined) break;
      if (known.has(label)) throw new InputError(`line ${i + 1}: label ${label} is there already`);
      known.add(label);
      labels.push(label);
      text = text.slice(all.length);
    }
    if (text === "") continue;
    try {
      lines.push({ ...parseLine(text, names), number: i + 1, label: labels.join(" ") || null });
    } catch (cause) {
      if (!(cause instanceof InputError)) throw cause;
      throw new InputError(`line ${i + 1}: ${cause.message}`, { cause });
    }
    labels = [];
  }
  if (labels.length > 0) throw new InputError(`no instruction follows the label ${labels[0]}`);
  if (lines.length === 0) throw new InputError("there is no instruction");
  return lines;
}

function parseLine(text: string, names: Names): Pick<Line, "text" | "bytes" | "jump"> {
  const [, mnemonic = "", rest = ""] = /^(\S+)\s*(.*)$/.exec(text) ?? [];
  const shown = text.replace(/\s+/g, " ");
  const operands = rest === "" ? [] : rest.split(/,(?![^(]*\))/).map((each) => each.trim());
  const [first = "", second = ""] = operands;
  const jump = jumpOf(mnemonic);
  if (jump !== undefined) {
    expectCount(mnemonic, operands, 1);
    if (!/^[A-Za-z_]\w*$/.test(first)) throw new InputError(`${mnemonic} takes a label`);
    return { text: shown, bytes: [], jump: { to: first, opcode: jump } };
  }
  const plain = Object.hasOwn(PLAIN, mnemonic) ? PLAIN[mnemonic] : undefined;
  if (plain !== undefined) {
    expectCount(mnemonic, operands, 0);
    return { text: shown, bytes: plain };
  }
  const isUnary = Object.hasOwn(UNARY, mnemonic) || mnemonic === "push" || mnemonic === "pop";
  if (isUnary) {
    expectCount(mnemonic, operands, 1);
    return { text: shown, bytes: one(mnemonic, parseOperand(first, names)) };
  }
  if (mnemonic === "mov" || mnemonic === "test" || Object.hasOwn(ARITHMETIC, mnemonic)) {
    expectCount(mnemonic, operands, 2);
    const [from, to] = [parseOperand(first, names), parseOperand(second, names)];
    return { text: shown, bytes: two(mnemonic, from, to) };
  }
  const near = nearest(mnemonic, MNEMONICS);
  const hint = near === undefined ? `; known: ${MNEMONICS.join(" ")}` : `; did you mean ${near}?`;
  throw new InputError(`unknown instruction ${show(mnemonic)}${hint}`);
}

function expectCount(mnemonic: string, operands: readonly string[], count: number): void {
  if (operands.length === count) return;
  throw new InputError(`${mnemonic} takes ${count} operands, got ${operands.length}`);
}

function jumpOf(mnemonic: string): Jump | undefined {
  if (mnemonic === "jmp") return { short: 0xeb, long: [0xe9] };
  if (mnemonic === "call") return { short: undefined, long: [0xe8] };
  const condition = Object.hasOwn(CONDITIONS, mnemonic) ? CONDITIONS[mnemonic] : undefined;
  if (condition === undefined) return undefined;
  return { short: 0x70 | condition, long: [0x0f, 0x80 | condition] };
}

function parseOperand(text: string, names: Names): Operand {
  if (text.startsWith("%")) return { kind: "register", ...registerOf(text) };
  if (text.startsWith("$")) return { kind: "word", word: evaluate(text.slice(1), names) };
  const [, displacement, base] = /^([^()]*)\((%\w+)\)$/.exec(text) ?? [];
  if (base === undefined || displacement === undefined) {
    throw new InputError(`expected %register, $number or number(%register), got ${show(text)}`);
  }
  const { number, bytes } = registerOf(base);
  if (bytes !== 8) throw new InputError(`an address needs a register of 64 bits, got ${base}`);
  const far = displacement.trim() === "" ? 0n : evaluate(displacement, names);
  return { kind: "memory", base: number, displacement: Number(expectSigned(far, 32)) };
}

function registerOf(text: string): { number: number; bytes: 4 | 8 } {
  const name = text.slice(1);
  const [wide, narrow] = [WIDE.indexOf(name), NARROW.indexOf(name)];
  if (wide >= 0) return { number: wide, bytes: 8 };
  if (narrow >= 0) return { number: narrow, bytes: 4 };
  const near = nearest(name, [...WIDE, ...NARROW]);
  const hint = near === undefined ? "" : `; did you mean %${near}?`;
  throw new InputError(`unknown register ${text}${hint}`);
}

/** A word as a signed number of some bits. */
function expectSigned(word: bigint, bits: 8 | 32): bigint {
  const value = BigInt.asIntN(64, word);
  if (BigInt.asIntN(bits, value) === value) return value;
  throw new InputError(`${value} does not fit into ${bits} bits`);
}

/** Prefix, opcode, ModRM and what follows it; `register` is a register or the digit of the opcode. */
function encode(
  opcode: readonly number[],
  register: number,
  operand: Operand,
  bytes: 4 | 8,
): number[] {
  if (operand.kind === "word") throw new InputError("a constant cannot be written to");
  const target = operand.kind === "register" ? operand.number : operand.base;
  const rex = (bytes === 8 ? 8 : 0) | ((register >> 3) << 2) | (target >> 3);
  const prefix = rex === 0 ? [] : [0x40 | rex];
  const middle = (register & 7) << 3;
  if (operand.kind === "register") {
    return [...prefix, ...opcode, 0xc0 | middle | (target & 7)];
  }
  const { displacement } = operand;
  // RSP and R12 as a base need a SIB byte, and RBP and R13 a displacement.
  const sib = (target & 7) === 4 ? [0x24] : [];
  const none = displacement === 0 && (target & 7) !== 5;
  const small = displacement >= -128 && displacement <= 127;
  const mode = none ? 0 : small ? 0x40 : 0x80;
  const tail = none ? [] : small ? [displacement & 0xff] : word32(displacement);
  return [...prefix, ...opcode, mode | middle | (target & 7), ...sib, ...tail];
}

function one(mnemonic: string, operand: Operand): number[] {
  if (operand.kind !== "register") throw new InputError(`${mnemonic} takes a register`);
  const { number, bytes } = operand;
  if (mnemonic === "push" || mnemonic === "pop") {
    if (bytes !== 8) throw new InputError(`${mnemonic} takes a register of 64 bits`);
    const opcode = (mnemonic === "push" ? 0x50 : 0x58) | (number & 7);
    return number > 7 ? [0x41, opcode] : [opcode];
  }
  const [opcode = 0, digit = 0] = UNARY[mnemonic] ?? [];
  return encode([opcode], digit, operand, bytes);
}

function two(mnemonic: string, from: Operand, to: Operand): number[] {
  if (to.kind === "word") throw new InputError("the second operand cannot be a constant");
  if (from.kind === "memory" && to.kind === "memory") {
    throw new InputError("an instruction has at most one operand in memory");
  }
  if (from.kind === "word") return withConstant(mnemonic, from.word, to);
  const bytes = from.kind === "register" ? from.bytes : to.kind === "register" ? to.bytes : 8;
  if (from.kind === "register" && to.kind === "register" && from.bytes !== to.bytes) {
    throw new InputError("the two registers have different widths");
  }
  const store = mnemonic === "mov" ? 0x89 : mnemonic === "test" ? 0x85 : opcodeOf(mnemonic) | 1;
  if (from.kind === "register") return encode([store], from.number, to, bytes);
  if (mnemonic === "test" || to.kind !== "register") {
    throw new InputError(`${mnemonic} cannot read its first operand from memory`);
  }
  return encode([store | 2], to.number, from, bytes);
}

function opcodeOf(mnemonic: string): number {
  return (ARITHMETIC[mnemonic] ?? 0) << 3;
}

function withConstant(mnemonic: string, word: bigint, to: Operand): number[] {
  if (to.kind !== "register") throw new InputError("a constant needs a register as its target");
  const { number, bytes } = to;
  const value = BigInt.asIntN(64, word);
  if (mnemonic === "mov") return moveConstant(number, bytes, value);
  // A 32-bit operation takes any 32 bits.
  const constant = bytes === 4 && value >> 32n === 0n ? BigInt.asIntN(32, value) : value;
  const wide = word32(Number(expectSigned(constant, 32)));
  const ofAccumulator = number === 0 ? (bytes === 8 ? [0x48] : []) : undefined;
  if (mnemonic === "test") {
    if (ofAccumulator !== undefined) return [...ofAccumulator, 0xa9, ...wide];
    return [...encode([0xf7], 0, to, bytes), ...wide];
  }
  const digit = ARITHMETIC[mnemonic] ?? 0;
  if (BigInt.asIntN(8, constant) === constant) {
    return [...encode([0x83], digit, to, bytes), Number(constant) & 0xff];
  }
  if (ofAccumulator !== undefined) return [...ofAccumulator, (digit << 3) | 5, ...wide];
  return [...encode([0x81], digit, to, bytes), ...wide];
}

function moveConstant(number: number, bytes: 4 | 8, value: bigint): number[] {
  const rex = number >> 3;
  if (bytes === 4) {
    if (value < -(2n ** 31n) || value >= 2n ** 32n) {
      throw new InputError(`${value} does not fit into a register of 32 bits`);
    }
    const opcode = 0xb8 | (number & 7);
    return [...(rex ? [0x41] : []), opcode, ...word32(Number(BigInt.asIntN(32, value)))];
  }
  if (BigInt.asIntN(32, value) === value) {
    return [0x48 | rex, 0xc7, 0xc0 | (number & 7), ...word32(Number(value))];
  }
  const tail = Array.from({ length: 8 }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));
  return [0x48 | rex, 0xb8 | (number & 7), ...tail];
}
