import { readFileSync } from "node:fs";
import { EncoderError, REBUILD } from "../errors.ts";

/** The bytes of a module that lies beside this program, for who runs it elsewhere. */
export function readWasm(file: string) {
  return readFileSync(new URL(file, import.meta.url));
}

/** The module in such a file. @throws EncoderError */
export function loadWasm(file: string): WebAssembly.Module {
  try {
    return new WebAssembly.Module(readWasm(file));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EncoderError(`${file} cannot be loaded: ${reason}`, { cause, remedy: REBUILD });
  }
}
