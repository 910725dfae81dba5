import { type Arch, HOST_ARCH } from "../machine/index.ts";
import type { CompleteEncoder, PartialEncoder } from "./encoder.ts";
import { bindModule } from "./module.ts";
import { loadWasm, readWasm } from "./wasm_file.ts";

/** The compiled modules of assembly/, in the folder of this program. */
const FILES: Readonly<Record<Arch, string>> = {
  amd64: "encoder.wasm",
  arm64: "encoder-arm64.wasm",
};

/** The encoder of assembly/: AssemblyScript, compiled to WebAssembly. Default: that of this machine. */
export function openAssemblyEncoder(): CompleteEncoder;
export function openAssemblyEncoder(arch: Arch): PartialEncoder;
export function openAssemblyEncoder(arch: Arch = HOST_ARCH): PartialEncoder {
  return bindModule("assembly", loadWasm(FILES[arch]));
}

/** The bytes of the module, to instantiate it elsewhere. */
export function readAssemblyModule(arch: Arch) {
  return readWasm(FILES[arch]);
}
