import { loadWasm, readWasm } from "../../labs/compare/encoders/wasm_file.ts";
import type { Arch } from "../machine/index.ts";
import type { PartialEncoder } from "./encoder.ts";
import { bindModule } from "./module.ts";

/** The compiled modules of assembly/, in the folder of this program. */
const FILES: Readonly<Record<Arch, string>> = {
  amd64: "encoder.wasm",
  arm64: "encoder-arm64.wasm",
};

/** The encoder of assembly/: AssemblyScript, compiled to WebAssembly. */
export function openAssemblyEncoder(arch: Arch): PartialEncoder {
  return bindModule("assembly", loadWasm(FILES[arch]));
}

/** The bytes of the module, to instantiate it elsewhere. */
export function readAssemblyModule(arch: Arch) {
  return readWasm(FILES[arch]);
}
