import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import binaryen from "binaryen";
import { FUNCTION_NAMES, type FunctionName } from "../../src/core/encoder/abi.ts";
import { openEncoder } from "../../src/index.ts";
import { compare } from "../../src/labs/compare/compare.ts";
import { openSubjectsConfined } from "../../src/labs/compare/open.ts";
import type { BreakKind } from "../../src/labs/compare/record.ts";
import type { Breakage, CompareReport } from "../../src/labs/compare/report.ts";

/** A folder for modules, which is removed when this process ends. */
const folder = mkdtempSync(join(tmpdir(), "stublab-foreign-"));
chmodSync(folder, 0o755);
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

let files = 0;

/** An unused path. */
export function newPath(ending: string): string {
  return join(folder, `e${++files}${ending}`);
}

/** Writes a module; returns its path. */
export function moduleFile(ending: string, content: string | Uint8Array): string {
  const path = newPath(ending);
  writeFileSync(path, content);
  return path;
}

const TWO_PAGES = '(memory (export "memory") 2 2)';

/** A module in WebAssembly's text format as bytes. */
export function assembleWasm(text: string): Uint8Array {
  const module = binaryen.parseText(text);
  module.setFeatures(binaryen.Features.All);
  const bytes = module.emitBinary();
  module.dispose();
  return bytes;
}

/** A WebAssembly module of this text, with the version of the ABI. */
export function wasm(body: string, memory = TWO_PAGES, imports = ""): string {
  const abi = '(global (export "ENCODER_ABI") i32 (i32.const 2))';
  return moduleFile(".wasm", assembleWasm(`(module ${imports} ${memory} ${abi} ${body})`));
}

/** An ES module of this text, with the version of the ABI and a memory. */
export function script(body: string): string {
  const memory = "export const memory = new ArrayBuffer(1 << 16);";
  return moduleFile(".mjs", `export const ENCODER_ABI = 2;\n${memory}\n${body}\n`);
}

/** A module of a table: of WebAssembly's text format, of JavaScript, or a file as it is; and what becomes of it. */
export interface ModuleRow {
  readonly what: string;
  readonly wasm?: string;
  readonly memory?: string;
  readonly imports?: string;
  readonly script?: string;
  readonly ending?: string;
  readonly file?: string;
  readonly kind: BreakKind;
  /** A regular expression. */
  readonly message: string;
}

/** Writes the module of a row; returns its path. */
export function moduleOf({
  wasm: text,
  memory,
  imports,
  ending = "",
  ...row
}: Partial<ModuleRow>): string {
  if (text !== undefined) return wasm(text, memory, imports);
  return row.script === undefined ? moduleFile(ending, row.file ?? "") : script(row.script);
}

/**
 * A script that can write to its channel: `say(bytes)`, and `frame(message)`, the bytes of a message. The channel
 * is the only socket that it has.
 */
export function liar(body: string): string {
  return script(`
    import { closeSync, readdirSync, readlinkSync, writeSync } from "node:fs";
    const isSocket = (file) => {
      try { return readlinkSync("/proc/self/fd/" + file).startsWith("socket:"); } catch { return false; }
    };
    const channels = readdirSync("/proc/self/fd").filter(isSocket).map(Number);
    const say = (bytes) => { for (const file of channels) write(file, Buffer.from(bytes)); };
    const write = (file, bytes) => {
      for (let done = 0; done < bytes.length; ) {
        try {
          done += writeSync(file, bytes, done);
        } catch (error) {
          if (error.code !== "EAGAIN") throw error;
        }
      }
    };
    const frame = (message) => {
      const text = Buffer.from(typeof message === "string" ? message : JSON.stringify(message));
      const header = Buffer.alloc(4);
      header.writeUInt32LE(text.length);
      return Buffer.concat([header, text]);
    };
    ${body}`);
}

/** A module that waits when it is loaded, with functions to check that it waits and to resume it. */
export function waiting(file: string): { file: string; reading: () => boolean; go: () => void } {
  const fifo = newPath("");
  execFileSync("mkfifo", [fifo]);
  const read = `import { readFileSync as read } from "node:fs"; read(${JSON.stringify(fifo)});`;
  appendFileSync(file, `\n${read}\n`);
  let writer = -1;
  const reading = () => {
    try {
      // The write end cannot be opened without a reader.
      writer = openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK);
      return true;
    } catch {
      return false;
    }
  };
  return { file, reading, go: () => closeSync(writer) };
}

/** A command in a user namespace in which no namespaces can be made, as on a kernel without them. */
export function withoutNamespaces([command, args]: [string, string[]]): [string, string[]] {
  const text = `
    for kind in user pid mnt; do echo 0 > /proc/sys/user/max_"$kind"_namespaces; done
    exec "$@"`;
  const namespace = ["--user", "--map-root-user"];
  return ["unshare", [...namespace, "sh", "-c", text, "sh", command, ...args]];
}

/** The encoder of assembly/, whose functions test modules use. */
const MODEL = resolve("dist/encoder.wasm");

/**
 * An ES module that is the encoder of assembly/ for amd64, with some functions done otherwise: each is the text of
 * an expression, in which `model` has the original ones.
 *
 * @param has the functions that it has
 */
export function likeModel(
  changed: Partial<Record<FunctionName, string>> = {},
  has: readonly FunctionName[] = FUNCTION_NAMES,
): string {
  const { constants } = openEncoder("assembly");
  const lines = [
    'import { readFileSync } from "node:fs";',
    `const module = new WebAssembly.Module(readFileSync(${JSON.stringify(MODEL)}));`,
    "const { exports: model } = new WebAssembly.Instance(module);",
    "export const { memory } = model;",
    ...[...constants].map(([name, value]) => `export const ${name} = ${value}n;`),
    ...has.map((name) => `export const ${name} = ${changed[name] ?? `model.${name}`};`),
  ];
  return moduleFile(".mjs", lines.join("\n"));
}

/** The requests to a module. */
export interface Question {
  readonly only?: readonly FunctionName[];
  readonly cases?: number;
}

/** Compares a module with the headers; returns the report, and how long it took. */
export async function compareFile(
  file: string,
  { only, cases = 2000 }: Question = {},
): Promise<{ report: CompareReport; milliseconds: number }> {
  const start = performance.now();
  using opened = await openSubjectsConfined([file], ["amd64"]);
  const { report } = await compare({ ...opened, cases, ...(only !== undefined && { only }) });
  return { report, milliseconds: performance.now() - start };
}

/** Compares a module that breaks once; returns how. */
export async function breakOf(
  file: string,
  question?: Question,
): Promise<{ broken: Breakage; milliseconds: number }> {
  const { report, milliseconds } = await compareFile(file, question);
  const [broken, ...others] = report.broken;
  if (broken === undefined || others.length > 0) {
    throw new Error(`expected one break, got ${JSON.stringify(report.broken)}`);
  }
  return { broken, milliseconds };
}
