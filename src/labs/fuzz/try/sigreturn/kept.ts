import { CONSTANTS, SCRATCH } from "../../case/arch.ts";

/** What no signal frame holds, so a resident keeps it from its birth on. Little of it is as it would be by default. */
export const KEPT = {
  fs_base: CONSTANTS,
  gs_base: SCRATCH,
  // __USER_DS
  ds: 0x2bn,
  es: 0x2bn,
  fs: 0n,
  gs: 0n,
} as const;
