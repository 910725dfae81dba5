import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { compile } from "../../../lib/compiler.ts";
import { InputError } from "../../../lib/errors.ts";
import { show } from "../../../lib/shape.ts";
import type { Listing } from "../listing.ts";
import type { Names } from "./expression.ts";

/** The address of an answer's code in the stubs that execute it. */
export const CODE_ADDRESS = 0x20_0000n;

/** The most bytes of code: a page. */
const MOST = 4096;

/** How long the compiler may take, in milliseconds. */
const DEADLINE = 10_000;

/** Labels, a mnemonic, and operands. */
const LINE = /^((?:\w+:\s*)*)([a-z][\w.]*)?(.*)$/;

/** All that operands consist of: neither a string, nor what separates statements or begins a comment. */
const OPERANDS = /^[\w\s%$#.,:()[\]+*~|&<>=!-]*$/;

/** Makes the linker write the code, and at its end where each of its lines begins. */
const SCRIPT = `SECTIONS { .text ${CODE_ADDRESS} : { *(.text) } /DISCARD/ : { *(.note*) } }`;

/** A line of code, and the labels before it. */
interface Line {
  readonly number: number;
  readonly text: string;
  readonly label: string;
}

/**
 * Assembles a source by this machine's C compiler. It is a stranger's: every statement is an instruction. The directives of
 * an assembler read files (.incbin, .include), or repeat things without end.
 *
 * @param names of constants
 * @throws InputError that names the line; UnsupportedError if there is no compiler
 */
export async function assemble(name: string, source: string, names: Names): Promise<Listing> {
  const lines = parse(source);
  const binary = await compile({
    source: name,
    arguments(folder) {
      const [code, script] = [join(folder, "code.s"), join(folder, "code.ld")];
      writeFileSync(code, rewritten(lines, names));
      writeFileSync(script, SCRIPT);
      return ["-Wl,--build-id=none,--oformat=binary", `-Wl,-T,${script}`, code];
    },
    otherwise: "tasks whose answers are registers or words do not need one",
    signal: AbortSignal.timeout(DEADLINE),
  }).catch((error: unknown) => {
    throw error instanceof InputError ? (faultIn(error.message) ?? error) : error;
  });
  const bytes = Buffer.from(binary);
  const offsetOf = (i: number) => bytes.readUInt32LE(bytes.length - 4 * (lines.length + 1 - i));
  const end = offsetOf(lines.length);
  if (end > MOST) throw new InputError(`the code has ${end} bytes, more than a page`);
  const listed = lines.flatMap(({ text, label }, i) => {
    const offset = offsetOf(i);
    const code = bytes.toString("hex", offset, offsetOf(i + 1)).match(/../g);
    return code === null ? [] : [{ offset, bytes: code.join(" "), text, label: label || null }];
  });
  return { name, lines: listed };
}

function parse(source: string): Line[] {
  const lines: Line[] = [];
  let waiting = "";
  for (const [i, row] of source.split("\n").entries()) {
    const number = i + 1;
    const code = row.replace(/(^|\s)#(\s.*)?$|\/\/.*/, "").trim();
    const [, labels = "", mnemonic = "", operands = ""] = LINE.exec(code) ?? [];
    waiting = `${waiting} ${labels}`;
    if (code === labels.trim()) continue;
    if (mnemonic === "" || !OPERANDS.test(operands)) {
      throw new InputError(`line ${number}: expected an instruction, got ${show(code)}`);
    }
    // As the stub code has it.
    const text = code
      .slice(labels.length)
      .replace(/\s+/g, " ")
      .replace(/^(svc|brk) #?0(x0)?$/, "$1 #0");
    lines.push({ number, text, label: waiting.replace(/[:\s]+/g, " ").trim() });
    waiting = "";
  }
  if (lines.length === 0) throw new InputError("there is no instruction");
  return lines;
}

/** The source for the compiler: a line in the place of each, and after them where these begin. */
function rewritten(lines: readonly Line[], names: Names): string {
  const words = new Set(lines.flatMap(({ text }) => text.match(/\b[A-Z]\w*/g) ?? []));
  const constants = [...words].flatMap((word) => {
    const value = names.get(word);
    return value === undefined ? [] : [`.set ${word}, ${value}`];
  });
  const rows = [constants.join("; ")];
  for (const [i, { number, text, label }] of lines.entries()) {
    const labels = label.split(" ").map((each) => (each === "" ? "" : `${each}: `));
    rows[number - 1] = `${rows[number - 1] ?? ""}; .Lrow${i}: ${labels.join("")}${text}`;
  }
  const offsets = [...lines.keys(), lines.length].map((i) => `.long .Lrow${i} - .Lrow0\n`);
  return `${Array.from(rows, (row) => row ?? "").join("\n")}\n.Lrow${lines.length}:\n${offsets.join("")}`;
}

/** The first error that the assembler or the linker has reported. */
function faultIn(said: string): InputError | undefined {
  const [, line, fault] = /\.s:(\d+):(?:\d+:)? (?:Error|error): (.*)/.exec(said) ?? [];
  if (fault !== undefined) return new InputError(`line ${line}: ${fault}`);
  const [, label] = /undefined (?:reference to|symbol:) [`']?(\w+)/.exec(said) ?? [];
  return label === undefined ? undefined : new InputError(`there is no label ${show(label)}`);
}
