import { InputError } from "../../../lib/errors.ts";
import { didYouMean, nearest } from "../../../lib/nearest.ts";
import { show } from "../../../lib/shape.ts";
import type { Listing } from "../listing.ts";
import { evaluate, type Names } from "./expression.ts";
import {
  expectSigned,
  INSTRUCTIONS,
  isByte,
  type Jump,
  type Operand,
  type Register,
  word32,
} from "./instructions.ts";

/*
 * An assembler for the instructions that stub code needs, in the syntax of shim/core/amd64/stub.S (AT&T's), with the
 * encodings of GNU as. Each instruction is one line of the listing; jumps are short where they can be.
 */

/** The most bytes of code: a page. */
const MOST = 4096;

/** A line of code: bytes, or a jump whose distance is not known yet. */
interface Line {
  readonly number: number;
  readonly text: string;
  readonly label: string | null;
  readonly code: readonly number[] | { readonly to: string; readonly jump: Jump };
}

/**
 * Assembles a source.
 *
 * @param names of constants.
 * @throws InputError that names the line.
 */
export function assemble(name: string, source: string, names: Names): Listing {
  const lines = parse(source, names);
  const far = new Set<Line>();
  for (;;) {
    const listed = layOut(lines, far);
    if (listed !== undefined) return { name, lines: listed };
  }
}

/** The lines at their offsets; undefined if another jump turns out to be `far`. */
function layOut(lines: readonly Line[], far: Set<Line>): Listing["lines"] | undefined {
  const known = far.size;
  const offsets: number[] = [];
  const labels = new Map<string, number>();
  let end = 0;
  for (const line of lines) {
    offsets.push(end);
    for (const label of line.label?.split(" ") ?? []) labels.set(label, end);
    end += encode(line, far).length;
  }
  if (end > MOST) throw new InputError(`the code has ${end} bytes, more than a page`);
  const listed = lines.map((line, i) => {
    const offset = offsets[i] ?? 0;
    const bytes = encode(line, far, (to) => {
      const target = labels.get(to);
      if (target !== undefined) return target - offset;
      const hint = didYouMean(to, [...labels.keys()]);
      throw new InputError(`line ${line.number}: there is no label ${show(to)}${hint}`);
    });
    const told = bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    return { offset, bytes: told, text: line.text, label: line.label };
  });
  return far.size === known ? listed : undefined;
}

/**
 * The bytes of a line.
 *
 * @param far the jumps that are known to be long. A jump whose distance does not fit is added.
 * @param distance from the begin of the line to a label
 */
function encode(line: Line, far: Set<Line>, distance = (_: string) => 0): readonly number[] {
  const { code } = line;
  if (!("jump" in code)) return code;
  const { short, long } = code.jump;
  const from = distance(code.to);
  if (short === undefined || far.has(line)) {
    return [...long, ...word32(from - long.length - 4)];
  }
  const rest = from - 2;
  if (!isByte(rest)) far.add(line);
  return [short, rest & 0xff];
}

/** Labels, and an instruction. */
const LINE = /^((?:[A-Za-z_]\w*:\s*)*)(.*)$/;

function parse(source: string, names: Names): Line[] {
  const lines: Line[] = [];
  const known = new Set<string>();
  let labels: string[] = [];
  for (const [i, row] of source.split("\n").entries()) {
    const [, head = "", text = ""] = LINE.exec(row.replace(/(#|\/\/).*/, "").trim()) ?? [];
    for (const [label] of head.matchAll(/\w+/g)) {
      if (known.has(label)) throw new InputError(`line ${i + 1}: label ${label} is there already`);
      known.add(label);
      labels.push(label);
    }
    if (text === "") continue;
    try {
      const code = codeOf(text, names);
      const shown = text.replace(/\s+/g, " ");
      lines.push({ number: i + 1, text: shown, label: labels.join(" ") || null, code });
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

/** In the place of an operand that an instruction does not take. */
const NOTHING: Operand = { kind: "word", word: 0n };

function codeOf(text: string, names: Names): Line["code"] {
  const [, mnemonic = "", rest = ""] = /^(\S+)\s*(.*)$/.exec(text) ?? [];
  const instruction = INSTRUCTIONS.get(mnemonic);
  if (instruction === undefined) {
    const known = [...INSTRUCTIONS.keys()];
    const hint = didYouMean(mnemonic, known) || `; known: ${known.join(" ")}`;
    throw new InputError(`unknown instruction ${show(mnemonic)}${hint}`);
  }
  const operands = rest === "" ? [] : rest.split(/,(?![^(]*\))/).map((each) => each.trim());
  const { count } = instruction;
  if (operands.length !== count) {
    throw new InputError(`${mnemonic} takes ${count} operands, got ${operands.length}`);
  }
  if ("jump" in instruction) {
    const [to = ""] = operands;
    if (!/^[A-Za-z_]\w*$/.test(to)) throw new InputError(`${mnemonic} takes a label`);
    return { to, jump: instruction.jump };
  }
  const [first = NOTHING, second = NOTHING] = operands.map((each) => parseOperand(each, names));
  return instruction.encode(mnemonic, first, second);
}

function parseOperand(text: string, names: Names): Operand {
  if (text.startsWith("%")) return registerOf(text);
  if (text.startsWith("$")) return { kind: "word", word: evaluate(text.slice(1), names) };
  const [, displacement, base] = /^([^()]*)\((%\w+)\)$/.exec(text) ?? [];
  if (base === undefined || displacement === undefined) {
    throw new InputError(`expected %register, $number or number(%register), got ${show(text)}`);
  }
  const { number, bytes } = registerOf(base);
  if (bytes !== 8) throw new InputError(`an address needs a register of 64 bits, got ${base}`);
  const far = displacement.trim() === "" ? 0n : evaluate(displacement, names);
  return { kind: "memory", base: number, displacement: expectSigned(far) };
}

/** The general registers in the order of their numbers in machine code, by their width in bytes. */
const REGISTERS = new Map<string, Register>();
const WIDE = "rax rcx rdx rbx rsp rbp rsi rdi r8 r9 r10 r11 r12 r13 r14 r15".split(" ");
for (const [number, wide] of WIDE.entries()) {
  REGISTERS.set(wide, { kind: "register", number, bytes: 8 });
  const narrow = number < 8 ? wide.replace("r", "e") : `${wide}d`;
  REGISTERS.set(narrow, { kind: "register", number, bytes: 4 });
}

function registerOf(text: string): Register {
  const register = REGISTERS.get(text.slice(1));
  if (register !== undefined) return register;
  const near = nearest(text.slice(1), [...REGISTERS.keys()]);
  const hint = near === undefined ? "" : `; did you mean %${near}?`;
  throw new InputError(`unknown register ${text}${hint}`);
}
