// Guests without an assembler, for tests that concern each architecture: what both of its files have.

import { HOST_ARCH } from "../../src/core/machine/index.ts";
import * as amd64 from "./amd64_code.ts";
import * as arm64 from "./arm64_code.ts";
import { type Code, program } from "./code_bytes.ts";
import { callNumber } from "./libc.ts";

export { type Code, program } from "./code_bytes.ts";

interface MachineCode {
  /** The stack pointer. */
  readonly STACK: string;
  /** The number of a system call, its arguments and its result. */
  readonly NUMBER: string;
  readonly ARGUMENTS: readonly string[];
  readonly RESULT: string;
  /** Where a thread that has entered a system call has its number. */
  readonly CALL: string;
  /** Registers that a system call and the setting of its result preserve. */
  readonly KEPT: readonly string[];
  /** The register with the address for `storeAtBase`, `loadVector` and `storeVector`. */
  readonly BASE: string;
  /** The register with the address for `COUNT_AT_POINTER` and `AWAIT_BYTE_AT_POINTER`. */
  readonly POINTER: string;

  readonly SYSCALL: Code;
  /** A breakpoint, by how much it moves the instruction pointer, and the si_code of its SIGTRAP. */
  readonly TRAP: Code;
  readonly TRAP_LENGTH: number;
  readonly TRAP_CODE: number;
  /** An instruction that does not exist, and the si_code of its SIGILL. */
  readonly ILLEGAL: Code;
  readonly ILLEGAL_CODE: number;
  readonly NOP: Code;
  /** Jumps to itself. */
  readonly SPIN: Code;
  readonly JUMP_TO_BASE: Code;
  /** Adds 1 to the word at the pointer. */
  readonly COUNT_AT_POINTER: Code;
  /** Waits until the byte at the pointer is not 0. */
  readonly AWAIT_BYTE_AT_POINTER: Code;
  /** Repeats `code`. */
  loop(...code: readonly Code[]): Code;
  /** Sets a register to a constant. */
  load(register: string, word: bigint): Code;
  /** Makes a system call. */
  call(number: number): Code;
  /** Loads the number of a system call from memory. */
  loadNumberFrom(address: bigint): Code;
  /** Stores the result of a system call. */
  storeResultTo(address: bigint): Code;
  /** Where in these two the memory is accessed, in bytes. */
  readonly ACCESS: bigint;
  storeAtBase(register: string, displacement: number): Code;

  /** How many vector registers there are. The next functions take their numbers. */
  readonly VECTORS: number;
  loadVector(to: number, displacement: number): Code;
  storeVector(from: number, displacement: number): Code;
  /** Adds each of two words. */
  addVector(to: number, from: number): Code;
  /** Two words of each vector register in `Context.xstate`. */
  vectorWords(xstate: Uint8Array): BigUint64Array;
}

const MODULES: Readonly<Record<typeof HOST_ARCH, MachineCode>> = { amd64, arm64 };

/** What both architectures have, for this machine. */
export const asm = MODULES[HOST_ARCH];

/** A program that exits with a status. */
export function exiting(status: bigint): Uint8Array {
  return program(asm.load(asm.ARGUMENTS[0] ?? "", status), asm.call(callNumber("exit")));
}

export const EXIT_7 = exiting(7n);
