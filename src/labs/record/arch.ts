import { type Arch, HOST_ARCH } from "../../core/machine/index.ts";
import * as amd64 from "./amd64.ts";
import * as arm64 from "./arm64.ts";
import type { Call } from "./recording.ts";

type Words = Readonly<Record<string, bigint>>;

/** What recordings have to know about an architecture: the exports of its module. */
export interface RecordArch {
  readonly NAMES: Readonly<Record<keyof typeof amd64.NAMES, string>>;
  readonly INSTRUCTION_POINTER: string;
  readonly PARENT: string;
  readonly MARK: string;
  readonly NUMBER: string;
  readonly RESULT: string;
  readonly ORIGINAL: string | undefined;
  readonly ARGUMENTS: readonly string[];
  readonly FIRST_REGISTERS: readonly string[];
  readonly SEGMENTS: readonly string[];
  readonly FLAGS: string;
  readonly FLAG_WORDS: readonly string[];
  readonly ARITHMETIC_FLAGS: bigint;
  readonly SYSTEM_CALL: string;
  readonly BREAKPOINT: string;
  readonly PLACES: Readonly<Record<string, string>>;
  readonly JUMP: RegExp;
  readonly LEAVE_CALL: "PTRACE_SYSCALL" | "PTRACE_SINGLESTEP";
  readonly REGISTER_SET: bigint | Call["arguments"][number];
  readonly REFUSED: Readonly<Record<string, string>>;
  withoutSteps(registers: Words): Record<string, bigint>;
  tellFlags(word: bigint): string;
  operandsOf(text: string, callArguments?: number): string[];
}

const MODULES: Readonly<Record<Arch, RecordArch>> = { amd64, arm64 };

/** That of a recording, which may be read on the other one. */
export function archOf({ machine }: { readonly machine: { readonly arch: Arch } }): RecordArch {
  return MODULES[machine.arch];
}

/** That of the machine on which recordings are made. */
export const HOST = MODULES[HOST_ARCH];

/** The number and the arguments of the system call in which a thread is stopped. */
export function callWords(registers: Words): { number: bigint; words: bigint[] } {
  return {
    number: registers[HOST.ORIGINAL ?? HOST.NUMBER] ?? 0n,
    words: HOST.ARGUMENTS.map((name) => registers[name] ?? 0n),
  };
}

/** The number of the system call that a thread makes if its next instruction is SYSTEM_CALL. */
export function nextCallNumber(registers: Words): bigint {
  return registers[HOST.NUMBER] ?? 0n;
}

/** The result of a system call. */
export function resultWord(registers: Words): bigint {
  return registers[HOST.RESULT] ?? 0n;
}

/** What its texts call registers and instructions. */
export const { NAMES } = HOST;
