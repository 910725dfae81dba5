import { readFileSync } from "node:fs";
import { beside } from "../../lib/beside.ts";
import { limitError } from "../../lib/errno.ts";
import { EncoderError, REBUILD, StublabError } from "../../lib/errors.ts";
import { type Arch, HOST_ARCH } from "../machine/index.ts";
import {
  type CompleteEncoder,
  ENCODER_ABI,
  FUNCTION_NAMES,
  FUNCTIONS,
  isCallable,
  type PartialEncoder,
  signedAs,
} from "./abi.ts";

/** The compiled modules of assembly/, in the folder of this program. */
const FILES: Readonly<Record<Arch, string>> = {
  amd64: "encoder.wasm",
  arm64: "encoder-arm64.wasm",
};

/** The encoder of assembly/: AssemblyScript, compiled to WebAssembly. Default: that of this machine. */
export function openAssemblyEncoder(): CompleteEncoder;
export function openAssemblyEncoder(arch: Arch): PartialEncoder;
export function openAssemblyEncoder(arch: Arch = HOST_ARCH): PartialEncoder {
  const exports = loadWasm(FILES[arch]);
  const constants = new Map<string, bigint>();
  for (const [name, exported] of Object.entries(exports)) {
    if (exported instanceof WebAssembly.Global) constants.set(name, BigInt(exported.value));
  }
  const { memory } = exports;
  const abi = constants.get("ENCODER_ABI");
  if (!(memory instanceof WebAssembly.Memory) || abi !== ENCODER_ABI) {
    throw new EncoderError(`${FILES[arch]} is of another version`, { remedy: REBUILD });
  }
  const functions = FUNCTION_NAMES.flatMap((name) => {
    const exported = exports[name];
    return isCallable(exported) ? [[name, signedAs(FUNCTIONS[name].result, exported)]] : [];
  });
  const heap = Number(constants.get("heap"));
  const { buffer } = memory;
  return { ...Object.fromEntries(functions), name: "assembly", arch, buffer, heap, constants };
}

/** Instantiates the module in such a file, and returns its exports. @throws EncoderError, UnsupportedError */
export function loadWasm(file: string, imports?: WebAssembly.Imports): WebAssembly.Exports {
  return instantiate(file, compile(file), imports);
}

/** @throws EncoderError, UnsupportedError */
function compile(file: string): WebAssembly.Module {
  try {
    return new WebAssembly.Module(readFileSync(beside(file)));
  } catch (cause) {
    if (cause instanceof StublabError) throw cause;
    const limit = limitError(`${file} cannot be loaded`, cause);
    if (limit !== undefined) throw limit;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EncoderError(`${file} cannot be loaded: ${reason}`, { cause, remedy: REBUILD });
  }
}

/** Instantiates a module, and returns its exports. @throws UnsupportedError if memory is lacking */
export function instantiate(
  name: string,
  module: WebAssembly.Module,
  imports?: WebAssembly.Imports,
): WebAssembly.Exports {
  try {
    return new WebAssembly.Instance(module, imports).exports;
  } catch (cause) {
    throw limitError(`${name} cannot be loaded`, cause) ?? cause;
  }
}
