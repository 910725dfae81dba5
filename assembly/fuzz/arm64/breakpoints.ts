// No case sets hardware breakpoints.

import { Setup } from "../setup";

export function meetBreakpoint(_setup: Setup): void {}

export function armsBreakpoint(_setup: Setup): bool {
  return false;
}
