import { syscallName } from "../../core/encoder/names.ts";
import type { Emulation } from "./call.ts";
import * as files from "./calls/files.ts";
import * as memory from "./calls/memory.ts";
import * as system from "./calls/system.ts";
import { pread64, read, readv, write, writev } from "./calls/transfers.ts";
import { GUEST_MACHINE } from "./machine.ts";

const { arch_prctl, ...everywhere } = system;

/** The emulated calls by name. */
const EMULATIONS: Readonly<Record<string, Emulation>> = {
  ...{ read, readv, pread64, write, writev },
  ...files,
  ...memory,
  ...everywhere,
  ...(GUEST_MACHINE.segmentBases.length > 0 && { arch_prctl }),
};

/** A system call by its number. */
export interface NamedCall {
  /** E.g. "write"; "syscall_NUMBER" if the encoder does not know the number. */
  readonly name: string;
  readonly number: number;
  readonly emulate: Emulation;
}

/** Finds a call by its number. All that are not emulated fail with ENOSYS. */
export function findCall(number: number, constants: ReadonlyMap<string, bigint>): NamedCall {
  const name = syscallName(BigInt(number), constants) ?? `syscall_${number}`;
  const emulation = Object.hasOwn(EMULATIONS, name) ? EMULATIONS[name] : undefined;
  return { name, number, emulate: emulation ?? (() => ({ refused: "ENOSYS" })) };
}
