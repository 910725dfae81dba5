import { EncoderError } from "../errors.ts";
import { cut, visible } from "../visible.ts";
import {
  ARCHES,
  type Arch,
  ENCODER_ABI,
  FUNCTION_NAMES,
  FUNCTIONS,
  type FunctionName,
  MACHINES,
  type Signature,
} from "./abi.ts";
import { LONGEST_TOLD } from "./answer.ts";
import type { Encoder, PartialEncoder } from "./encoder.ts";

/** What a host needs for blocks and areas: a page. */
const LEAST_HEAP = 4096;

/** What an encoder's memory may have, in bytes. */
export const MOST_MEMORY = 256 << 20;

/** What a module exports, by name: a WebAssembly instance's exports, or an ES module's namespace. */
export type ModuleExports = Readonly<Record<string, unknown>>;

/**
 * The encoder that a module is, with those functions of the ABI that it has.
 *
 * @throws EncoderError that names the first thing missing, or what is wrong with one that is there.
 */
export function bindModule(name: string, exports: ModuleExports): PartialEncoder {
  const constants = readConstants(exports);
  const required = (constant: string): bigint => {
    const value = constants.get(constant);
    if (value !== undefined) return value;
    throw refusal(name, `lacks the constant ${constant}`);
  };
  const abi = required("ENCODER_ABI");
  if (abi !== ENCODER_ABI) throw refusal(name, `speaks ABI ${abi}, expected ${ENCODER_ABI}`);
  const arch = archOf(name, constants.get("ENCODER_MACHINE") ?? MACHINES.amd64);
  const functions = bindFunctions(name, exports);
  const kinds = new Set(
    functions.flatMap(([own]) => FUNCTIONS[own].parameters.map(({ kind }) => kind)),
  );
  if (kinds.has("block")) checkLayout(name, arch, constants, required);
  const buffer = bindMemory(name, exports.memory, kinds.has("block") || kinds.has("area"));
  const heap = Number(constants.get("heap") ?? 0n);
  if (heap < 0 || heap + LEAST_HEAP > buffer.byteLength) {
    throw refusal(name, `leaves the host less than ${LEAST_HEAP} bytes from heap ${heap} on`);
  }
  return { ...Object.fromEntries(functions), name, arch, buffer, heap, constants };
}

/** Whether nothing is left out. */
export function isComplete(encoder: PartialEncoder): encoder is Encoder {
  return missingFunction(encoder) === undefined;
}

/** The first function of the ABI that an encoder lacks. */
export function missingFunction(encoder: PartialEncoder): FunctionName | undefined {
  return FUNCTION_NAMES.find((name) => encoder[name] === undefined);
}

/** A module that is not an encoder: "encoder NAME WHAT", in which names of the module's may stand. */
export function refusal(name: string, what: string): EncoderError {
  return new EncoderError(visible(`encoder ${name} ${cut(what, LONGEST_TOLD).text}`), {
    remedy: "docs/encoder-abi.md says what an encoder exports",
  });
}

function archOf(name: string, machine: bigint): Arch {
  const arch = ARCHES.find((known) => MACHINES[known] === machine);
  if (arch !== undefined) return arch;
  const known = ARCHES.map((each) => `${MACHINES[each]} (${each})`).join(" or ");
  throw refusal(name, `is for ENCODER_MACHINE ${machine}; ${known} is known`);
}

/** The names of constants: what else a module exports is lower-case, but for `heap`. */
const CONSTANT = /^(heap$|_*[A-Z])/;

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
  // C and Rust export no values: their globals are addresses.
  const asks = isCallable(exported) && exported.length === 0 && CONSTANT.test(name);
  return asks ? exported() : exported;
}

function isWord(value: bigint): boolean {
  return value === BigInt.asIntN(64, value) || value === BigInt.asUintN(64, value);
}

/** The functions that a module has, with the words that they answer as their signatures say. */
function bindFunctions(name: string, exports: ModuleExports): [FunctionName, Callable][] {
  const found: [FunctionName, Callable][] = [];
  for (const own of FUNCTION_NAMES) {
    const exported = exports[own];
    if (exported === undefined) continue;
    if (!isCallable(exported)) throw refusal(name, `exports ${own}, and not as a function`);
    found.push([own, signedAs(FUNCTIONS[own].result, exported)]);
  }
  if (found.length === 0) {
    throw refusal(name, `lacks every function of the ABI, ${FUNCTION_NAMES[0]} first`);
  }
  return found;
}

/** A function of an encoder, whichever. */
export type Callable = (...args: (number | bigint)[]) => unknown;

export function isCallable(value: unknown): value is Callable {
  return typeof value === "function";
}

/** Makes the words that a function answers what its signature says: an ES module may give either sign. */
function signedAs(result: Signature["result"], call: Callable): Callable {
  if (result === "word") return converting(call, (word) => BigInt.asUintN(64, word));
  return result === "i64" ? converting(call, (word) => BigInt.asIntN(64, word)) : call;
}

function converting(call: Callable, convert: (word: bigint) => bigint): Callable {
  return (a = 0, b = 0) => {
    const word = call(a, b);
    return typeof word === "bigint" ? convert(word) : word;
  };
}

/** A block has its size and its registers, each a word within it. */
function checkLayout(
  name: string,
  arch: Arch,
  constants: ReadonlyMap<string, bigint>,
  required: (constant: string) => bigint,
): void {
  const size = required("REGISTERS_SIZE");
  if (size <= 0n || size > 4096n || size % 8n !== 0n) {
    throw refusal(name, `has blocks of ${size} bytes`);
  }
  for (const register of REGISTERS[arch]) required(`REG_${register}`);
  for (const [constant, offset] of constants) {
    if (!constant.startsWith("REG_")) continue;
    if (offset < 0n || offset % 8n !== 0n || offset + 8n > size) {
      throw refusal(name, `has ${constant} at ${offset}, which is no word of its block`);
    }
  }
}

const GROWS = "has memory that can grow, and the host's views of it would be lost";

/** Tries it, for nothing else tells. */
function canGrow(memory: WebAssembly.Memory): boolean {
  try {
    memory.grow(1);
    return true;
  } catch {
    return false;
  }
}

function bindMemory(name: string, memory: unknown, needed: boolean): ArrayBuffer {
  const isMemory = memory instanceof WebAssembly.Memory;
  if (isMemory && canGrow(memory)) throw refusal(name, GROWS);
  const buffer: unknown = isMemory ? memory.buffer : memory;
  if (buffer === undefined && !needed) return new ArrayBuffer(LEAST_HEAP);
  if (buffer === undefined) throw refusal(name, "lacks the export memory");
  if (!(buffer instanceof ArrayBuffer)) throw refusal(name, "exports a memory that is none");
  if ("resizable" in buffer && buffer.resizable === true) throw refusal(name, GROWS);
  if (buffer.byteLength > MOST_MEMORY) {
    throw refusal(name, `has ${buffer.byteLength} bytes of memory, more than ${MOST_MEMORY}`);
  }
  return buffer;
}

/** The registers of a block in their order; which of them lies where is what an encoder says. */
const REGISTERS: Readonly<Record<Arch, readonly string[]>> = {
  amd64: (
    "r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss " +
    "fs_base gs_base ds es fs gs"
  ).split(" "),
  arm64: [...Array.from({ length: 31 }, (_, i) => `x${i}`), "sp", "pc", "pstate"],
};
