// Explains a process or a status word: the module of assembly/explain does, for the probe, too.

import { constants } from "node:os";
import { isCallable } from "../../core/encoder/abi.ts";
import { loadWasm } from "../../core/encoder/assembly.ts";
import { HOST_ARCH } from "../../core/machine/index.ts";
import {
  EncoderError,
  InputError,
  REBUILD,
  StateError,
  UnsupportedError,
} from "../../lib/errors.ts";
import { importsFrom, MACHINE, type Source } from "./host.ts";

const FILE = { amd64: "explain.wasm", arm64: "explain-arm64.wasm" }[HOST_ARCH];

export interface Question {
  /** A pid or tid, or a status word. */
  readonly word: string;
  /** Whether the word is a status word, even if a process has that pid. */
  readonly isStatus: boolean;
  /** Whether the answer is a document, "stublab.explain/1", else lines. */
  readonly isDocument: boolean;
}

export interface Answer {
  readonly text: string;
  /** Whether no process has the pid, and the word was explained as a status word. */
  readonly isSubstitute: boolean;
}

/** By the exit status of the module. */
const FAILURES = [EncoderError, StateError, InputError, UnsupportedError] as const;

/**
 * @param refused the errno with which ptrace is refused to this process; 0: none; -1: unknown. It is asked if a filter may refuse it.
 * @throws StateError without such a process; InputError for a word that is neither; UnsupportedError without /proc
 */
export async function explain(
  { word, isStatus, isDocument }: Question,
  source: Source = MACHINE,
  refused: () => Promise<number> = refusal,
): Promise<Answer> {
  const exports = loadWasm(
    FILE,
    importsFrom(source, () => memoryOf(exports).buffer),
  );
  const numberOf = (name: string) => {
    const it = exports[name];
    if (it instanceof WebAssembly.Global) return Number(it.value);
    throw lacking(name);
  };
  const call = (name: string, ...values: number[]) => {
    const it = exports[name];
    if (isCallable(it)) return Number(it(...values));
    throw lacking(name);
  };
  const memory = memoryOf(exports);
  const bytes = Buffer.from(word).subarray(0, numberOf("MOST_WORD"));
  new Uint8Array(memory.buffer).set(bytes, numberOf("word"));
  const errno = call("isFiltered") === 1 ? await refused() : 0;
  const status = call("explain", bytes.length, Number(isDocument), Number(isStatus), errno);
  const output = Buffer.from(memory.buffer, call("outputAt"), call("outputLength")).toString();
  if (status === 0) return { text: output, isSubstitute: numberOf("isSubstitute") === 1 };
  const [message = "", remedy] = output.split("\n");
  const Failure = FAILURES[status] ?? EncoderError;
  throw new Failure(message, remedy === undefined ? {} : { remedy });
}

const lacking = (name: string) => new EncoderError(`${FILE} lacks ${name}`, { remedy: REBUILD });

function memoryOf({ memory }: WebAssembly.Exports): WebAssembly.Memory {
  if (memory instanceof WebAssembly.Memory) return memory;
  throw lacking("memory");
}

/** The errno with which a filter refuses ptrace: no process has pid 0, so that without one it is ESRCH. */
async function refusal(): Promise<number> {
  try {
    const { loadShim } = await import("../../core/shim/shim.ts");
    const errno = -loadShim().attach(0, 0);
    return errno === constants.errno.ESRCH ? 0 : errno;
  } catch {
    return -1;
  }
}
