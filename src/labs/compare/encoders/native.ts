import { existsSync } from "node:fs";
import {
  ENCODER_ABI,
  FUNCTIONS,
  type FunctionName,
  functionsOf,
  type Parameter,
  type PartialEncoder,
} from "../../../core/encoder/abi.ts";
import { type Arch, HOST_ARCH, MACHINES } from "../../../core/machine/index.ts";
import { loadLibrary } from "../../../core/shim/shim.ts";
import { beside } from "../../../lib/beside.ts";
import { EncoderError, InputError, REBUILD, UnsupportedError } from "../../../lib/errors.ts";
import { cPrototype, usesMemory } from "./prototype.ts";

/** The size of the memory in bytes, as in the other encoders: enough for some 30,000 register blocks. */
const BUFFER_SIZE = 8 << 20;

const WORD = 8;

type Library = ReturnType<typeof loadLibrary>;
type Value = number | bigint;
/** A function of the library, as koffi binds it. */
type Foreign = (...args: Value[]) => Value;

/**
 * Opens the encoder of shim/native/: C, compiled against the headers of that architecture, for this machine.
 *
 * @throws UnsupportedError if the library of that architecture was not built
 */
export function openNativeEncoder(arch: Arch): PartialEncoder {
  const library = openLibrary(arch);
  const buffer = new ArrayBuffer(BUFFER_SIZE);
  const memory = new Uint8Array(buffer);
  const functions = functionsOf(arch).map((name) => [
    name,
    bindFunction(library, name, memory, WORD * MACHINES[arch].registers.length),
  ]);
  // A new object: lookups are slower in an object to which functions were added one by one.
  return {
    ...Object.fromEntries(functions),
    name: "native",
    arch,
    buffer,
    heap: 0,
    constants: readConstants(library),
  };
}

function openLibrary(arch: Arch): Library {
  const file = `native-${HOST_ARCH}-${arch}.so`;
  if (arch !== HOST_ARCH && !existsSync(beside(file))) {
    throw new UnsupportedError(`the C encoder for ${arch} was not built: ${file} is missing`, {
      remedy:
        "build where /usr/lib/linux/uapi has the headers of each architecture, as on Debian 13 with linux-libc-dev",
    });
  }
  const library = loadLibrary(file);
  if (BigInt(library.func("uint32_t native_encoder_abi()")()) !== ENCODER_ABI) {
    throw new EncoderError(`${file} has another version of the encoder ABI`, {
      remedy: REBUILD,
    });
  }
  return library;
}

function bindFunction(
  library: Library,
  name: FunctionName,
  memory: Uint8Array,
  blockSize: number,
): Foreign {
  const { parameters, result } = FUNCTIONS[name];
  const call = bindForeign(library, name, memory);
  const isPlain = parameters.every(({ kind }) => kind === "i32");
  const passers = parameters.map((each) => passerOf(each, blockSize));
  const passing = isPlain ? call : pass(call, passers);
  if (result === "none" || result === "i32") return passing;
  if (parameters.length > 2) throw new TypeError(`${name} returns a word, and has many parameters`);
  return (a, b) => BigInt(passing(a, b));
}

/** Passes converted arguments: a closure for each number of them, as spreading an array costs more than the call. */
function pass(call: Foreign, passers: readonly Passer[]): Foreign {
  const [first = word, second = word] = passers;
  switch (passers.length) {
    case 1:
      return (a) => call(first(a));
    case 2:
      return (a, b) => call(first(a), second(b));
    case 9:
      return (a, b, c, d, e, f, g, h, i) =>
        call(first(a), second(b), word(c), word(d), word(e), word(f), word(g), word(h), word(i));
    default:
      return (...args) => call(...args.map((value, i) => (passers[i] ?? word)(value)));
  }
}

function bindForeign(library: Library, name: FunctionName, memory: Uint8Array): Foreign {
  const prototype = cPrototype(name);
  try {
    const call = library.func(prototype);
    return usesMemory(name) ? call.bind(undefined, memory) : call;
  } catch (cause) {
    throw new EncoderError(`the C encoder lacks ${prototype}`, { cause, remedy: REBUILD });
  }
}

/** Converts an argument to what C takes. */
type Passer = (value: Value) => Value;

function passerOf({ kind, size: areaSize }: Parameter, blockSize: number): Passer {
  if (kind !== "block" && kind !== "area") return word;
  const size = areaSize ?? blockSize;
  return (offset) => {
    const at = Number(offset);
    if (at >= 0 && at + size <= BUFFER_SIZE && at % WORD === 0) return at;
    const where = `at a multiple of ${WORD} below ${BUFFER_SIZE}`;
    throw new InputError(`${size} bytes at ${offset} are not in the encoder's memory, ${where}`);
  };
}

/** Truncates a word: koffi silently passes 0 for a BigInt that does not fit into 64 bits. */
function word(value: Value): Value {
  return typeof value === "bigint" ? BigInt.asUintN(64, value) : value;
}

function readConstants(library: Library): Map<string, bigint> {
  const nameAt = library.func("const char *native_constant_name(uint32_t)");
  const valueAt = library.func("int64_t native_constant_value(uint32_t)");
  const constants = new Map<string, bigint>();
  for (let i = 0; ; i++) {
    const name: string | null = nameAt(i);
    if (name === null) return constants;
    constants.set(name, BigInt(valueAt(i)));
  }
}
