import { spawnSync } from "node:child_process";
import { type Stats, statSync } from "node:fs";
import { basename, extname, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import {
  type Encoder,
  FUNCTION_NAMES,
  FUNCTIONS,
  type FunctionName,
  isCallable,
  type PartialEncoder,
} from "../../../core/encoder/abi.ts";
import { instantiate } from "../../../core/encoder/assembly.ts";
import { EncoderError, InputError, StublabError } from "../../../lib/errors.ts";
import { excess, type Limit, readInput } from "../../../lib/input.ts";
import { listed } from "../../../lib/listed.ts";
import { text } from "../../../lib/shape.ts";
import { readMemories } from "../../../sandbox/wasm_memory.ts";
import { describeThrown } from "../answer.ts";
import { guardEncoder } from "./guarded.ts";
import { bindModule, checkSize, type ModuleExports, type Purpose, refusal } from "./module.ts";
import { prototypeOf } from "./prototype.ts";

/** The file name extensions of users' encoders. */
const ENDINGS = [".wasm", ".mjs", ".js"];

const CODE_LIMIT: Limit = { most: 64 << 20, of: "an encoder" };

/** The size of a page of WebAssembly memory, in bytes. */
const PAGE = 65_536;

/** Whether the name of an encoder is a path. */
export function isEncoderFile(word: string): boolean {
  return word.includes("/") || ENDINGS.includes(extname(word));
}

/** Loads a user's encoder that drives stubs: see `loadEncoderUnconfined`. */
export async function loadDriver(file: string | URL): Promise<Encoder> {
  const path = file instanceof URL ? fileURLToPath(file) : text(file, "file");
  const encoder = guardEncoder(await openFileUnconfined(path, basename(path), "stubs"));
  return { ...encoder, file: resolve(path) };
}

/**
 * Opens a user's encoder. That runs its code, which may do anything or never return: commands do it only in a process
 * that another one watches.
 *
 * @param name the name of the encoder in reports
 * @throws InputError if the file cannot be an encoder; EncoderError if its content is invalid, or if its code throws
 */
export async function openFileUnconfined(
  file: string,
  name: string,
  purpose: Purpose,
): Promise<PartialEncoder> {
  checkFile(file);
  try {
    if (extname(file) !== ".wasm") return bindModule(name, await openModule(file), purpose);
    const exports = openWasm(file, name);
    const bound = bindModule(name, exports, purpose);
    // Only now its version is known to be this one.
    for (const each of FUNCTION_NAMES) checkArity(name, each, exports[each]);
    return bound;
  } catch (cause) {
    if (cause instanceof StublabError) throw cause;
    const why = describeThrown(cause);
    // The process of a comparison starts no other: there, its parent finds the line.
    const line = purpose === "stubs" ? lineOfSyntaxError(file, why) : "";
    throw new EncoderError(`encoder ${name} fails to load: ${why}${line}`, { cause });
  }
}

/** How long Node.js may take to read a file, in milliseconds. */
const READING = 5000;

/**
 * In which line a file's syntax is wrong, as " in line 4": an import does not say. Another process reads the file, and
 * does not run it.
 *
 * @param message of the failure to load it
 * @returns "" if it failed for another reason
 */
export function lineOfSyntaxError(file: string, message: string): string {
  if (!message.includes("SyntaxError: ")) return "";
  const { stderr } = spawnSync(process.execPath, ["--check", resolve(file)], {
    env: { LD_LIBRARY_PATH: process.env.LD_LIBRARY_PATH },
    stdio: ["ignore", "ignore", "pipe"],
    encoding: "utf8",
    timeout: READING,
  });
  // It begins with the place, unless there is no such process.
  const line = /:(\d+)\n/.exec(stderr ?? "")?.[1];
  return line === undefined ? "" : ` in line ${line}`;
}

/** Refuses anything but a regular file: a FIFO would block its reader, and a device may be endless. */
function checkFile(file: string): void {
  if (!ENDINGS.includes(extname(file))) {
    throw new InputError(
      `${file} is not an encoder: expected a name that ends in ${listed(ENDINGS, "or")}`,
    );
  }
  let stats: Stats;
  try {
    stats = statSync(file);
  } catch (cause) {
    throw new InputError(`${file} cannot be opened: ${messageOf(cause)}`, { cause });
  }
  if (!stats.isFile()) throw new InputError(`${file} is not a regular file`);
  if (stats.size > CODE_LIMIT.most) throw new InputError(`${file} ${excess(CODE_LIMIT)}`);
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

async function openModule(file: string): Promise<ModuleExports> {
  return import(pathToFileURL(resolve(file)).href);
}

function openWasm(file: string, name: string): ModuleExports {
  const bytes = readInput(file, CODE_LIMIT);
  let module: WebAssembly.Module;
  try {
    module = new WebAssembly.Module(bytes);
  } catch (cause) {
    throw refusal(name, `is not a WebAssembly module: ${messageOf(cause)}`);
  }
  const imports = trappingImports(name, module);
  checkMemories(bytes, name);
  const exports = instantiate(name, module, imports);
  // That of a WASI reactor must be called before any other.
  const { _initialize: initialize } = exports;
  if (isCallable(initialize)) initialize();
  return exports;
}

/**
 * Functions that trap for those that a module imports: compilers for WASI add some that an encoder never calls.
 *
 * @throws EncoderError if it imports anything else
 */
function trappingImports(name: string, module: WebAssembly.Module): WebAssembly.Imports {
  const wanted = WebAssembly.Module.imports(module);
  const others = wanted.filter(({ kind }) => kind !== "function");
  if (others.length > 0) {
    const told = others.map((each) => `${each.module}.${each.name}`).join(", ");
    throw refusal(name, `imports ${told}; an encoder imports nothing but functions, which trap`);
  }
  const imports: Record<string, Record<string, () => never>> = {};
  for (const { module: from, name: own } of wanted) {
    const trap = () => {
      throw new Error(`it calls ${from}.${own}, which an encoder does not have`);
    };
    imports[from] = { ...imports[from], [own]: trap };
  }
  return imports;
}

function checkMemories(bytes: Uint8Array, name: string): void {
  let size = 0;
  for (const { initial, maximum, special } of readMemories(bytes)) {
    if (special) throw refusal(name, "has memory that is shared or has 64-bit addresses");
    if (maximum !== initial) {
      const most = maximum === undefined ? "no maximum" : `a maximum of ${maximum}`;
      throw refusal(name, `has memory that can grow: ${initial} pages, and ${most}`);
    }
    size += initial * PAGE;
  }
  checkSize(name, size);
}

/** Checks the number of parameters: JavaScript would pass 0 for a missing argument, and drop a superfluous one. */
function checkArity(name: string, own: FunctionName, exported: unknown): void {
  const { parameters } = FUNCTIONS[own];
  if (!isCallable(exported) || exported.length === parameters.length) return;
  const count = `${exported.length} parameter${exported.length === 1 ? "" : "s"}`;
  throw refusal(name, `has ${own} with ${count}, expected ${prototypeOf(own)}`);
}
