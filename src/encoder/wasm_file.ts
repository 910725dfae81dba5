import { readFileSync } from "node:fs";
import { EncoderError, REBUILD } from "../errors.ts";
import { limitError } from "../limits.ts";

/** The bytes of a module that lies beside this program, for a caller that runs it elsewhere. */
export function readWasm(file: string) {
  return readFileSync(new URL(file, import.meta.url));
}

/** What a new instance of the module in such a file exports. @throws EncoderError, UnsupportedError */
export function loadWasm(file: string): WebAssembly.Exports {
  return instantiate(file, compile(file));
}

function compile(file: string): WebAssembly.Module {
  try {
    return new WebAssembly.Module(readWasm(file));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EncoderError(`${file} cannot be loaded: ${reason}`, { cause, remedy: REBUILD });
  }
}

/** What an instance exports of a module that imports nothing. @throws UnsupportedError without memory for it */
export function instantiate(name: string, module: WebAssembly.Module): WebAssembly.Exports {
  try {
    return new WebAssembly.Instance(module).exports;
  } catch (cause) {
    throw limitError(`${name} cannot be loaded`, cause) ?? cause;
  }
}
