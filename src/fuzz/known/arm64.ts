/* The deviations on arm64. */

import type { List } from "./list.ts";

export const QEMU_TCG = {
  changes: [],
  ignoredFlags: 0,
  avoidsWatchpoints: false,
  // It does not check the alignment of sp.
  facts: ["An access by sp that is not a multiple of 16 is SIGBUS, BUS_ADRALN"],
} satisfies List;
