import { type Arch, HOST_ARCH } from "../../core/machine/index.ts";
import * as amd64 from "./amd64.ts";
import * as arm64 from "./arm64.ts";

type Words = Readonly<Record<string, bigint>>;

/** What recordings have to know about an architecture: the exports of its module. */
export type RecordArch = typeof amd64 | typeof arm64;

const MODULES: Readonly<Record<Arch, RecordArch>> = { amd64, arm64 };

/** That of a recording, which may be read on the other one. */
export function archOf({ machine }: { readonly machine: { readonly arch: Arch } }): RecordArch {
  return MODULES[machine.arch];
}

/** The first flag of a word, and the others that are set: "ZF=0 PF=1". */
export function tellFlags({ FLAG_BITS }: RecordArch, word: bigint): string {
  const bit = (place: number) => (word >> BigInt(place)) & 1n;
  return Object.entries(FLAG_BITS)
    .filter(([, place], i) => i === 0 || bit(place) === 1n)
    .map(([name, place]) => `${name}=${bit(place)}`)
    .join(" ");
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
