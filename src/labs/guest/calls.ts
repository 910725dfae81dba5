import { syscallName } from "../../lib/names.ts";
import type { Emulation } from "./call.ts";
import * as files from "./calls/files.ts";
import * as memory from "./calls/memory.ts";
import * as system from "./calls/system.ts";
import { pread64, read, readv, write, writev } from "./calls/transfers.ts";

/** The emulated calls by name. */
export const EMULATIONS: Readonly<Record<string, Emulation>> = {
  ...{ read, readv, pread64, write, writev },
  ...files,
  ...memory,
  ...system,
};

/** Finds a call by its number. All that are not emulated fail with ENOSYS. */
export function findCall(
  number: number,
  constants: ReadonlyMap<string, bigint>,
): { readonly name: string; readonly emulate: Emulation } {
  const name = syscallName(BigInt(number), constants) ?? `syscall_${number}`;
  const emulation = Object.hasOwn(EMULATIONS, name) ? EMULATIONS[name] : undefined;
  return { name, emulate: emulation ?? (() => ({ refused: "ENOSYS" })) };
}
