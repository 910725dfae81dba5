import { PLACES } from "../../code.ts";
import type { Sites } from "../../seccomp.ts";

/** AUDIT_ARCH_AARCH64 in linux/audit.h. */
const AARCH64 = 0xc000_00b7n;

/** SVC: a program of 64 bits makes no calls of another architecture. */
export const SITES: Sites = {
  arch: AARCH64,
  siteOf: () => PLACES.question,
  registersOf: () => ({}),
  fit(input, number) {
    input.put("call", (AARCH64 << 32n) | number);
    input.put("instruction_pointer", PLACES.question);
  },
  isTrapped: () => false,
};
