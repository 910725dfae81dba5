import {
  type Callable,
  ENCODER_ABI,
  FUNCTION_NAMES,
  FUNCTIONS,
  type FunctionName,
  isCallable,
  type PartialEncoder,
  signedAs,
} from "../../../core/encoder/abi.ts";
import {
  blockConstants,
  expectHostArch,
  type Held,
  lacking,
  missingNames,
  REMEDY,
} from "../../../core/encoder/driver.ts";
import { ARCHES, type Arch, MACHINES } from "../../../core/machine/index.ts";
import { EncoderError } from "../../../lib/errors.ts";
import { cut, LONGEST_TOLD, visible } from "../../../lib/visible.ts";

/** The bytes that a host needs for blocks and areas: a page. */
const LEAST_HEAP = 4096;

/** The most bytes that an encoder's memory may have. */
const MOST_MEMORY = 256 << 20;

/**
 * Makes an encoder from the exports of a module, with the functions of the ABI that it has.
 *
 * @throws EncoderError that lists all missing names, or describes an invalid export
 */
export function bindModule(
  name: string,
  exports: ModuleExports,
  purpose: Purpose = "comparison",
): PartialEncoder {
  const constants = readConstants(exports);
  const abi = constants.get("ENCODER_ABI") ?? ENCODER_ABI;
  if (abi !== ENCODER_ABI) throw refusal(name, `has version ${abi} of the ABI, not ${ENCODER_ABI}`);
  const arch = archOf(name, constants.get("ENCODER_MACHINE") ?? MACHINES.amd64.elf);
  if (purpose === "stubs") expectHostArch(name, arch);
  const functions = bindFunctions(name, exports);
  const kinds = kindsOf(functions);
  const own = new Set<string>(functions.map(([each]) => each));
  const held = { arch, constants, has: (each: string) => own.has(each) };
  const missing = purpose === "stubs" ? missingNames(held) : missingToCompare(held, functions);
  const needsMemory = purpose === "stubs" || kinds.has("block") || kinds.has("area");
  if (needsMemory && exports.memory === undefined) missing.push("memory");
  if (missing.length > 0) {
    const isAboutFunctions =
      purpose === "comparison" && missing.some((each) => each !== "ENCODER_ABI");
    throw lacking(name, missing, isAboutFunctions ? needersOf(functions) : "");
  }
  if (kinds.has("block")) checkLayout(name, constants);
  const buffer = bindMemory(name, exports.memory);
  const heap = Number(constants.get("heap") ?? 0n);
  if (heap < 0 || heap + LEAST_HEAP > buffer.byteLength) {
    throw refusal(name, `leaves the host less than ${LEAST_HEAP} bytes from heap ${heap} on`);
  }
  const others = Object.entries(exports)
    .filter(([each, exported]) => isCallable(exported) && !isKnown(each))
    .map(([each]) => each);
  return { ...Object.fromEntries(functions), name, arch, buffer, heap, constants, others };
}

/** The names that an encoder lacks to be compared. */
function missingToCompare({ arch, constants }: Held, functions: readonly Bound[]): string[] {
  const needed = kindsOf(functions).has("block") ? blockConstants(arch) : ["ENCODER_ABI"];
  const missing = needed.filter((name) => !constants.has(name));
  return functions.length === 0 ? [...missing, "every function of the ABI"] : missing;
}

/** The functions with a block or an area. */
function needersOf(functions: readonly Bound[]): string {
  const needing = functions
    .map(([name]) => name)
    .filter((name) =>
      FUNCTIONS[name].parameters.some(({ kind }) => kind === "block" || kind === "area"),
    );
  if (needing.length === 0) return "";
  const [verb, rest] = [needing.length === 1 ? "needs" : "need", needing.length - 3];
  const others = rest > 0 ? ` and ${rest} more` : "";
  return `, which ${needing.slice(0, 3).join(", ")}${others} ${verb}`;
}

/** The error for a module that is not an encoder: "encoder NAME WHAT". `what` may quote the module. */
export function refusal(name: string, what: string): EncoderError {
  return new EncoderError(visible(`encoder ${name} ${cut(what, LONGEST_TOLD).text}`), {
    remedy: REMEDY,
  });
}

function archOf(name: string, machine: bigint): Arch {
  const arch = ARCHES.find((known) => MACHINES[known].elf === machine);
  if (arch !== undefined) return arch;
  const known = ARCHES.map((each) => `${MACHINES[each].elf} (${each})`).join(" or ");
  throw refusal(name, `is for ENCODER_MACHINE ${machine}, expected ${known}`);
}

/** Whether a name is that of a function of the ABI, or may be that of a constant. */
function isKnown(name: string): boolean {
  return CONSTANT.test(name) || FUNCTION_NAMES.some((each) => each === name);
}

function kindsOf(functions: readonly Bound[]): ReadonlySet<string> {
  return new Set(functions.flatMap(([name]) => FUNCTIONS[name].parameters.map(({ kind }) => kind)));
}

/** Checks that a block has a size, and that each register is a word within it. @throws EncoderError */
function checkLayout(name: string, constants: ReadonlyMap<string, bigint>): void {
  const size = constants.get("REGISTERS_SIZE") ?? 0n;
  if (size <= 0n || size > 4096n || size % 8n !== 0n) {
    throw refusal(name, `has blocks of ${size} bytes`);
  }
  for (const [constant, offset] of constants) {
    if (!constant.startsWith("REG_")) continue;
    if (offset < 0n || offset % 8n !== 0n || offset + 8n > size) {
      throw refusal(name, `has ${constant} at ${offset}, which is not a word of its block`);
    }
  }
}

const GROWS = "has memory that can grow, which would detach the host's views of it";

/** Tries to grow the memory, because no property reports whether it can. */
function canGrow(memory: WebAssembly.Memory): boolean {
  try {
    memory.grow(1);
    return true;
  } catch {
    return false;
  }
}

function bindMemory(name: string, memory: unknown): ArrayBuffer {
  if (memory === undefined) return new ArrayBuffer(LEAST_HEAP);
  const isMemory = memory instanceof WebAssembly.Memory;
  if (isMemory && canGrow(memory)) throw refusal(name, GROWS);
  const buffer: unknown = isMemory ? memory.buffer : memory;
  if (!(buffer instanceof ArrayBuffer)) {
    throw refusal(name, "exports a memory that is not an ArrayBuffer");
  }
  if ("resizable" in buffer && buffer.resizable === true) throw refusal(name, GROWS);
  checkSize(name, buffer.byteLength);
  return buffer;
}

/** @throws EncoderError */
export function checkSize(name: string, bytes: number): void {
  if (bytes <= MOST_MEMORY) return;
  throw refusal(name, `has ${bytes} bytes of memory, more than ${MOST_MEMORY}`);
}

/** The names of constants: all other exports begin in lower case, except `heap`. */
const CONSTANT = /^(heap$|_*[A-Z])/;

/** The constants among the exports of a module. */
function readConstants(exports: ModuleExports): Map<string, bigint> {
  const constants = new Map<string, bigint>();
  for (const [name, exported] of Object.entries(exports)) {
    const value = constantOf(name, exported);
    const word = Number.isSafeInteger(value) ? BigInt(Number(value)) : value;
    if (typeof word !== "bigint" || !isWord(word)) continue;
    constants.set(name, word);
  }
  return constants;
}

function constantOf(name: string, exported: unknown): unknown {
  if (exported instanceof WebAssembly.Global) return exported.value;
  // C and Rust addresses instead of values, so a constant may be a function.
  const isGetter = isCallable(exported) && exported.length === 0 && CONSTANT.test(name);
  return isGetter ? exported() : exported;
}

function isWord(value: bigint): boolean {
  return value === BigInt.asIntN(64, value) || value === BigInt.asUintN(64, value);
}

/** Binds the functions of a module, with results of the types in their signatures. @throws EncoderError */
function bindFunctions(name: string, exports: ModuleExports): Bound[] {
  const found: Bound[] = [];
  for (const own of FUNCTION_NAMES) {
    const exported = exports[own];
    if (exported === undefined) continue;
    if (!isCallable(exported)) throw refusal(name, `exports ${own}, which is not a function`);
    found.push([own, signedAs(FUNCTIONS[own].result, exported)]);
  }
  return found;
}

/** A function of an encoder. */
type Bound = [name: FunctionName, call: Callable];

/** The exports of a module by name: of a WebAssembly instance or an ES module. */
export type ModuleExports = Readonly<Record<string, unknown>>;

/** The purpose of an encoder: a comparison of the functions that it has, or driving stubs. */
export type Purpose = "comparison" | "stubs";
