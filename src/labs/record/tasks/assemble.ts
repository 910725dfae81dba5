import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { compile } from "../../../lib/compiler.ts";
import { InputError } from "../../../lib/errors.ts";
import { show } from "../../../lib/shape.ts";
import type { Listing } from "../listing.ts";
import type { Names } from "./answer.ts";

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

/** A line of a source: its labels, and its instruction. */
interface Row {
  readonly labels: string;
  readonly text: string;
}

/**
 * Assembles a source by this machine's C compiler. It is a stranger's: every statement is an instruction. The directives of
 * an assembler read files (.incbin, .include), or repeat things without end.
 *
 * @param names of constants
 * @throws InputError that names the line; UnsupportedError if there is no compiler
 */
export async function assemble(name: string, source: string, names: Names): Promise<Listing> {
  const rows = source.split("\n").map(parseRow);
  const binary = await compile({
    source: name,
    arguments(folder) {
      const [code, script] = [join(folder, "code.s"), join(folder, "code.ld")];
      writeFileSync(code, rewritten(rows, names));
      writeFileSync(script, SCRIPT);
      return ["-Wl,--build-id=none,--oformat=binary", `-Wl,-T,${script}`, code];
    },
    otherwise: "tasks whose answers are registers or words do not need one",
    signal: AbortSignal.timeout(DEADLINE),
  }).catch((error: unknown) => {
    throw error instanceof InputError ? (faultIn(error.message) ?? error) : error;
  });
  const bytes = Buffer.from(binary);
  const offsetOf = (i: number) => bytes.readUInt32LE(bytes.length - 4 * (rows.length + 1 - i));
  const end = offsetOf(rows.length);
  if (end === 0) throw new InputError("there is no instruction");
  if (end > MOST) throw new InputError(`the code has ${end} bytes, more than a page`);
  let waiting = "";
  const lines = rows.flatMap(({ labels, text }, i) => {
    waiting += labels;
    const offset = offsetOf(i);
    const code = bytes.toString("hex", offset, offsetOf(i + 1)).match(/../g);
    if (code === null) return [];
    const label = waiting.replace(/[:\s]+/g, " ").trim() || null;
    waiting = "";
    return [{ offset, bytes: code.join(" "), text, label }];
  });
  return { name, lines };
}

function parseRow(row: string, i: number): Row {
  const code = row.replace(/(^|\s)#(\s.*)?$|\/\/.*/, "").trim();
  const [, labels = "", mnemonic = "", operands = ""] = LINE.exec(code) ?? [];
  if (code !== labels.trim() && (mnemonic === "" || !OPERANDS.test(operands))) {
    throw new InputError(`line ${i + 1}: expected an instruction, got ${show(code)}`);
  }
  const text = code.slice(labels.length).replace(/\s+/g, " ");
  // As the stub code has it.
  return { labels, text: text.replace(/^(svc|brk) #?0(x0)?$/, "$1 #0") };
}

/** The source for the compiler: the constants before the first line, and after the last one where each begins. */
function rewritten(rows: readonly Row[], names: Names): string {
  const words = new Set(rows.flatMap(({ text }) => text.match(/\b[A-Z]\w*/g) ?? []));
  const constants = [...words].filter((word) => names.has(word));
  const lines = rows.map(({ labels, text }, i) => `.Lrow${i}: ${labels}${text}\n`);
  const offsets = [...rows.keys(), rows.length].map((i) => `.long .Lrow${i} - .Lrow0\n`);
  const defined = constants.map((word) => `.set ${word}, ${names.get(word)}; `).join("");
  return `${defined}${lines.join("")}.Lrow${rows.length}:\n${offsets.join("")}`;
}

/** The first error that the assembler or the linker has reported. */
function faultIn(said: string): InputError | undefined {
  const [, line, fault] = /\.s:(\d+):(?:\d+:)? (?:Error|error): (.*)/.exec(said) ?? [];
  if (fault !== undefined) return new InputError(`line ${line}: ${fault}`);
  const [, label] = /undefined (?:reference to|symbol:) [`']?(\w+)/.exec(said) ?? [];
  return label === undefined ? undefined : new InputError(`there is no label ${show(label)}`);
}
