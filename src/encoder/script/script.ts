import type { Arch } from "../arch.ts";
import type { CompleteEncoder, PartialEncoder } from "../encoder.ts";
import { amd64 } from "./amd64.ts";
import { amd64GuestFunctions } from "./amd64_guest.ts";
import type { Architecture } from "./architecture.ts";
import { arm64 } from "./arm64.ts";
import { arm64GuestFunctions } from "./arm64_guest.ts";
import { cloneExitSignal, cloneFlags, encodeClone } from "./clone.ts";
import { clone3Encoder } from "./clone3.ts";
import { filterEncoder } from "./filter.ts";
import { Memory } from "./memory.ts";
import { restartsSyscall, syscallErrno } from "./result.ts";
import { siginfoEncoder, siginfoForm } from "./siginfo.ts";
import { blockableSignals, signalSet } from "./signals.ts";
import { encodeStop, encodeWaitOptions, statusReaders, waitEvent, waitKind } from "./status.ts";

/*
 * The encoder ABI in plain TypeScript, written only from the manual pages and the headers, so that its agreement with
 * the other encoders is evidence.
 *
 * Numbers are converted to 32 bits, as WebAssembly converts them. Offsets outside the buffer, or not at a multiple of
 * 8, are a RangeError.
 */

/** The functions that depend neither on the architecture nor on memory. */
const NUMBERS = {
  encodeClone,
  cloneFlags,
  cloneExitSignal,
  encodeWaitOptions,
  ...statusReaders(waitKind),
  waitEvent,
  encodeStop,
  syscallErrno,
  restartsSyscall,
  signalSet,
  blockableSignals,
  siginfoForm,
};

function encoderIn(memory: Memory, architecture: Architecture) {
  return {
    name: "script",
    buffer: memory.buffer,
    heap: 0,
    constants: architecture.constants,
    ...NUMBERS,
    ...architecture.blockFunctions(memory),
    encodeClone3: clone3Encoder(memory),
    encodeSiginfo: siginfoEncoder(memory),
    encodeSeccomp: filterEncoder(memory, architecture),
  };
}

/** The encoder `script` for amd64, with its blocks in a memory. */
export function scriptAmd64(memory: Memory): CompleteEncoder {
  return { ...encoderIn(memory, amd64), ...amd64GuestFunctions(memory), arch: "amd64" };
}

/** The same for arm64, which has no vsyscalls. */
export function scriptArm64(memory: Memory): Omit<CompleteEncoder, "rewindVsyscall"> {
  return { ...encoderIn(memory, arm64), ...arm64GuestFunctions(memory), arch: "arm64" };
}

/** Opens the encoder `script` for an architecture. */
export function openScriptEncoder(arch: Arch): PartialEncoder {
  return arch === "amd64" ? scriptAmd64(new Memory()) : scriptArm64(new Memory());
}
