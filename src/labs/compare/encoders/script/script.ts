import type { Arch } from "../../../../core/machine/index.ts";
import { MACHINES } from "./arch.ts";
import { blockFunctions } from "./blocks.ts";
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
 * 8, are an InputError.
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

/** Opens the encoder `script` for an architecture, with its blocks in a memory. */
export function openScriptEncoder(arch: Arch, memory = new Memory()) {
  const machine = MACHINES[arch];
  return {
    name: "script",
    arch,
    buffer: memory.buffer,
    heap: 0,
    constants: machine.constants,
    ...NUMBERS,
    ...blockFunctions(memory, machine),
    encodeClone3: clone3Encoder(memory),
    encodeSiginfo: siginfoEncoder(memory),
    encodeSeccomp: filterEncoder(memory, machine),
  };
}
