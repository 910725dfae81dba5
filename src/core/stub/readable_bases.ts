import { auxiliaryValue } from "../shim/auxiliary_vector.ts";

/** Of the auxiliary vector: a bit of AT_HWCAP2 says that programs may read and write fs_base and gs_base. */
const AT_HWCAP2 = 26n;
const HWCAP2_FSGSBASE = 2n;

/** Whether RDFSBASE and WRFSBASE can be executed: the kernel says so, not the processor. */
export function hasReadableBases(): boolean {
  return ((auxiliaryValue(AT_HWCAP2) ?? 0n) & HWCAP2_FSGSBASE) !== 0n;
}
