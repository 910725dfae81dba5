import type { Architecture } from "./architecture.ts";
import { cloneExitSignal, cloneFlags, encodeClone } from "./clone.ts";
import { clone3Encoder } from "./clone3.ts";
import { filterEncoder } from "./filter.ts";
import type { Memory } from "./memory.ts";
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

/** What the encoder has on every architecture, with its blocks in a memory. */
export function encoderIn(memory: Memory, architecture: Architecture) {
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
