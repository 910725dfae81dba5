import { readFileSync } from "node:fs";
import { EncoderError, REBUILD } from "../errors.ts";
import { ENCODER_ABI, type Encoder } from "./encoder.ts";

/** The functions of the ABI, as the module exports them. */
type Functions = Omit<Encoder, "name" | "arch" | "buffer" | "heap" | "constants">;

const FUNCTIONS: readonly (keyof Functions)[] = [
  "encodeSyscall",
  "rewindSyscall",
  "syscallResult",
  "syscallErrno",
  "restartsSyscall",
  "encodeBootstrap",
  "encodeClone",
  "cloneFlags",
  "cloneExitSignal",
  "encodeWaitOptions",
  "waitKind",
  "waitValue",
  "waitEvent",
  "waitCoreDumped",
  "encodeStop",
  "enterGuest",
  "isSingleStepping",
  "decodeGuestSyscall",
  "guestArgument",
  "encodeGuestResult",
  "rewindVsyscall",
  "encodeSeccomp",
  "signalSet",
  "blockableSignals",
];

/** The encoder of assembly/: AssemblyScript, compiled to WebAssembly. */
export function openAssemblyEncoder(): Encoder {
  const { exports } = new WebAssembly.Instance(loadModule());
  const constants = readConstants(exports);
  if (constants.get("ENCODER_ABI") !== ENCODER_ABI) {
    throw new EncoderError(
      `encoder.wasm speaks ABI ${constants.get("ENCODER_ABI") ?? "none"}, expected ${ENCODER_ABI}`,
      { remedy: REBUILD },
    );
  }
  const { memory } = exports;
  if (!(memory instanceof WebAssembly.Memory) || !hasFunctions(exports)) {
    throw new EncoderError("encoder.wasm lacks its memory or a function of the ABI");
  }
  const functions = exports;
  return {
    ...functions,
    name: "assembly",
    arch: "amd64",
    buffer: memory.buffer,
    heap: Number(constants.get("heap")),
    constants,
    // An i64 arrives signed; the interface speaks of words.
    syscallResult: (block) => BigInt.asUintN(64, functions.syscallResult(block)),
    guestArgument: (block, index) => BigInt.asUintN(64, functions.guestArgument(block, index)),
    cloneFlags: (word) => BigInt.asUintN(64, functions.cloneFlags(word)),
    signalSet: (signal) => BigInt.asUintN(64, functions.signalSet(signal)),
    blockableSignals: (set) => BigInt.asUintN(64, functions.blockableSignals(set)),
  };
}

function loadModule(): WebAssembly.Module {
  try {
    return new WebAssembly.Module(readFileSync(new URL("encoder.wasm", import.meta.url)));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EncoderError(`encoder.wasm cannot be loaded: ${reason}`, { cause, remedy: REBUILD });
  }
}

function readConstants(exports: WebAssembly.Exports): Map<string, bigint> {
  const constants = new Map<string, bigint>();
  for (const [name, value] of Object.entries(exports)) {
    if (value instanceof WebAssembly.Global) constants.set(name, BigInt(value.value));
  }
  return constants;
}

function hasFunctions(exports: object): exports is Functions {
  return FUNCTIONS.every((name) => typeof Reflect.get(exports, name) === "function");
}
