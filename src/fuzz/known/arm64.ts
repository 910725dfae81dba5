/* The deviations on arm64. */

import type { List } from "./list.ts";

export const QEMU_TCG = {
  changes: [],
  ignoredFlags: 0,
  avoidsWatchpoints: false,
  facts: [],
} satisfies List;
