import { readFileSync } from "node:fs";

/** Of the auxiliary vector: a bit of AT_HWCAP2 says that programs may read and write fs_base and gs_base. */
const AT_HWCAP2 = 26n;
const HWCAP2_FSGSBASE = 2n;

/** Whether RDFSBASE and WRFSBASE can be executed: the kernel says so, not the processor. */
export function hasReadableBases(): boolean {
  const bytes = auxiliaryVector();
  const words = new BigUint64Array(bytes.buffer, bytes.byteOffset, Math.floor(bytes.length / 8));
  for (let i = 0; i + 1 < words.length; i += 2) {
    if (words[i] === AT_HWCAP2) return ((words[i + 1] ?? 0n) & HWCAP2_FSGSBASE) !== 0n;
  }
  return false;
}

/** Its bytes; none without /proc. */
function auxiliaryVector(): Uint8Array {
  try {
    return readFileSync("/proc/self/auxv");
  } catch {
    return new Uint8Array();
  }
}
