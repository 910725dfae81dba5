import { readFileSync } from "node:fs";
import { EncoderError, REBUILD } from "../errors.ts";
import type { Arch } from "./abi.ts";
import type { PartialEncoder } from "./encoder.ts";
import { bindModule } from "./module.ts";

/** The modules of assembly/, beside this program. */
const FILES: Readonly<Record<Arch, string>> = {
  amd64: "encoder.wasm",
  arm64: "encoder-arm64.wasm",
};

/** The encoder of assembly/: AssemblyScript, compiled to WebAssembly. */
export function openAssemblyEncoder(arch: Arch): PartialEncoder {
  return bindModule("assembly", new WebAssembly.Instance(loadModule(arch)).exports);
}

/** The module's bytes, for who runs it elsewhere. */
export function readAssemblyModule(arch: Arch) {
  return readFileSync(new URL(FILES[arch], import.meta.url));
}

function loadModule(arch: Arch): WebAssembly.Module {
  try {
    return new WebAssembly.Module(readAssemblyModule(arch));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EncoderError(`${FILES[arch]} cannot be loaded: ${reason}`, {
      cause,
      remedy: REBUILD,
    });
  }
}
