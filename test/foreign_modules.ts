import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import binaryen from "binaryen";
import { compare } from "../src/compare/compare.ts";
import { openSubjects } from "../src/compare/open.ts";
import type { Breakage, CompareReport } from "../src/compare/report.ts";
import { FUNCTION_NAMES, type FunctionName } from "../src/encoder/abi.ts";
import { openEncoder } from "../src/index.ts";

/** A folder for modules, which ends with this process. */
const folder = mkdtempSync(join(tmpdir(), "stublab-foreign-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

let files = 0;

/** A path where nothing is yet. */
export function newPath(ending: string): string {
  return join(folder, `e${++files}${ending}`);
}

/** Writes a module; answers its path. */
export function moduleFile(ending: string, content: string | Uint8Array): string {
  const path = newPath(ending);
  writeFileSync(path, content);
  return path;
}

export const TWO_PAGES = '(memory (export "memory") 2 2)';

/** A module in WebAssembly's text format as bytes. */
export function assembleWasm(text: string): Uint8Array {
  const module = binaryen.parseText(text);
  module.setFeatures(binaryen.Features.All);
  const bytes = module.emitBinary();
  module.dispose();
  return bytes;
}

/** A WebAssembly module of this text, with the version of the ABI. */
export function wasm(body: string, memory = TWO_PAGES): string {
  const abi = '(global (export "ENCODER_ABI") i32 (i32.const 1))';
  return moduleFile(".wasm", assembleWasm(`(module ${memory} ${abi} ${body})`));
}

/** An ES module of this text, with the version of the ABI and a memory. */
export function script(body: string): string {
  const memory = "export const memory = new ArrayBuffer(1 << 16);";
  return moduleFile(".mjs", `export const ENCODER_ABI = 1;\n${memory}\n${body}\n`);
}

/** The encoder of assembly/, whose functions modules of tests borrow. */
const MODEL = resolve("dist/encoder.wasm");

/**
 * An ES module that is the encoder of assembly/ for amd64, with some functions done otherwise: each is the text of
 * an expression, in which `model` has the original ones.
 *
 * @param without a function to leave out
 */
export function likeModel(
  changed: Partial<Record<FunctionName, string>> = {},
  without?: FunctionName,
): string {
  const { constants } = openEncoder("assembly");
  const lines = [
    'import { readFileSync } from "node:fs";',
    `const module = new WebAssembly.Module(readFileSync(${JSON.stringify(MODEL)}));`,
    "const { exports: model } = new WebAssembly.Instance(module);",
    "export const { memory } = model;",
    ...[...constants].map(([name, value]) => `export const ${name} = ${value}n;`),
    ...FUNCTION_NAMES.filter((name) => name !== without).map(
      (name) => `export const ${name} = ${changed[name] ?? `model.${name}`};`,
    ),
  ];
  return moduleFile(".mjs", lines.join("\n"));
}

/** What is asked of a module. */
export interface Question {
  readonly only?: readonly FunctionName[];
  readonly cases?: number;
}

/** Compares a module with the headers; answers the report, and how long it took. */
export async function compareFile(
  file: string,
  { only, cases = 2000 }: Question = {},
): Promise<{ report: CompareReport; milliseconds: number }> {
  const start = performance.now();
  const opened = await openSubjects([file], ["amd64"]);
  try {
    const options = { ...opened, seed: 1n, cases, ...(only !== undefined && { only }) };
    const { report } = await compare(options);
    return { report, milliseconds: performance.now() - start };
  } finally {
    for (const subject of opened.subjects) subject.close();
  }
}

/** Compares a module that breaks once; answers how. */
export async function breakOf(
  file: string,
  question?: Question,
): Promise<{ broken: Breakage; milliseconds: number }> {
  const { report, milliseconds } = await compareFile(file, question);
  const [broken, ...others] = report.broken;
  if (broken === undefined || others.length > 0) {
    throw new Error(`expected one break, and these are ${JSON.stringify(report.broken)}`);
  }
  return { broken, milliseconds };
}
