import { parseMaps, readProc } from "../../stub/proc.ts";

/** Where a 32-bit SYSCALL continues. Stubs inherit the address, though they have unmapped the vDSO. */
const VDSO = parseMaps(readProc("/proc/self/maps")).find(({ name }) => name === "[vdso]");

/** Whether a word is an address in the vDSO, or the low half of one: it is another in each program. */
export function isInVdso(word: bigint): boolean {
  const [start, end] = [BigInt(VDSO?.start ?? 0), BigInt(VDSO?.end ?? 0)];
  const low = BigInt.asUintN(32, start);
  return (word >= start && word < end) || (word >= low && word < low + (end - start));
}
