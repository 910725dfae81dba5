import { type Stats, statSync } from "node:fs";
import { extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { EncoderError, InputError, StublabError } from "../errors.ts";
import { excess, type Limit, readInput } from "../input.ts";
import { FUNCTION_NAMES, FUNCTIONS, type FunctionName, prototypeOf } from "./abi.ts";
import { describeThrown } from "./answer.ts";
import type { PartialEncoder } from "./encoder.ts";
import { bindModule, isCallable, MOST_MEMORY, type ModuleExports, refusal } from "./module.ts";
import { instantiate } from "./wasm_file.ts";
import { readMemories } from "./wasm_memory.ts";

/** What encoders of users are called. */
const ENDINGS = [".wasm", ".mjs", ".js"];

const CODE_LIMIT: Limit = { most: 64 << 20, of: "an encoder" };

/** Bytes of a page of a WebAssembly memory. */
const PAGE = 65_536;

/** Whether a word that names an encoder means a file. */
export function isEncoderFile(word: string): boolean {
  return word.includes("/") || ENDINGS.includes(extname(word));
}

/**
 * Opens an encoder of a user's. That runs its code, which may do anything, also nothing for ever: only in a process
 * that another one watches.
 *
 * @param name what reports call it
 * @throws InputError if the file cannot be an encoder, EncoderError for what is wrong in it, and for
 * whatever its code throws.
 */
export async function openEncoderFile(file: string, name: string): Promise<PartialEncoder> {
  checkFile(file);
  try {
    const exports = extname(file) === ".wasm" ? openWasm(file, name) : await openModule(file);
    return bindModule(name, exports);
  } catch (cause) {
    if (cause instanceof StublabError) throw cause;
    throw new EncoderError(`encoder ${name} fails to load: ${describeThrown(cause)}`, { cause });
  }
}

/** A FIFO would keep its reader waiting, and a device never ends. */
function checkFile(file: string): void {
  if (!ENDINGS.includes(extname(file))) {
    throw new InputError(`${file} is no encoder: expected a name that ends in ${listed(ENDINGS)}`);
  }
  const { size } = regularFile(file);
  if (size > CODE_LIMIT.most) throw new InputError(`${file} ${excess(CODE_LIMIT)}`);
}

function regularFile(file: string): Stats {
  let stats: Stats;
  try {
    stats = statSync(file);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new InputError(`${file} cannot be opened: ${why}`, { cause });
  }
  if (!stats.isFile()) throw new InputError(`${file} is no regular file`);
  return stats;
}

function listed(words: readonly string[]): string {
  return `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

async function openModule(file: string): Promise<ModuleExports> {
  return import(pathToFileURL(resolve(file)).href);
}

function openWasm(file: string, name: string): ModuleExports {
  const bytes = readInput(file, CODE_LIMIT);
  const module = compile(bytes, name);
  const imports = WebAssembly.Module.imports(module).map((each) => `${each.module}.${each.name}`);
  if (imports.length > 0) {
    throw refusal(name, `imports ${imports.join(", ")}, and an encoder imports nothing`);
  }
  checkMemories(bytes, name);
  const exports = instantiate(name, module);
  for (const each of FUNCTION_NAMES) checkArity(name, each, exports[each]);
  return exports;
}

function compile(bytes: Uint8Array<ArrayBuffer>, name: string): WebAssembly.Module {
  try {
    return new WebAssembly.Module(bytes);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw refusal(name, `is no WebAssembly module: ${why}`);
  }
}

function checkMemories(bytes: Uint8Array, name: string): void {
  let size = 0;
  for (const { initial, maximum, special } of readMemories(bytes)) {
    if (special) throw refusal(name, "has memory that is shared, or has addresses of 64 bits");
    if (maximum !== initial) {
      const most = maximum === undefined ? "no maximum" : `a maximum of ${maximum}`;
      throw refusal(name, `has memory that can grow: ${initial} pages, and ${most}`);
    }
    size += initial * PAGE;
  }
  if (size > MOST_MEMORY) {
    throw refusal(name, `has ${size} bytes of memory, more than ${MOST_MEMORY}`);
  }
}

/** What a function of WebAssembly lacks would be 0, and what it has too much would be lost. */
function checkArity(name: string, own: FunctionName, exported: unknown): void {
  const { parameters } = FUNCTIONS[own];
  if (!isCallable(exported) || exported.length === parameters.length) return;
  const count = `${exported.length} parameter${exported.length === 1 ? "" : "s"}`;
  throw refusal(name, `has ${own} with ${count}, expected ${prototypeOf(own)}`);
}
