import { stepNumber } from "../../tell.ts";
import { recording } from "./book.ts";

// Addresses: "#step=12" leads to a step.

/** The index of the step that an address names; null if it names none. */
export function readPlace(fragment = location.hash): number | null {
  const index = Number(/^#step=(\d{1,7})$/.exec(fragment)?.[1] ?? 0) - 1;
  return isStep(index) ? index : null;
}

const isStep = (index: number) => index >= 0 && index < recording.steps.length;
const fragmentOf = (index: number) => `#step=${stepNumber(index)}`;

/** Has the address name a step, without a new entry in the history. */
export function nameInAddress(index: number): void {
  if (location.hash === fragmentOf(index)) return;
  const path = location.pathname + location.search;
  history.replaceState(null, "", isStep(index) ? fragmentOf(index) : path);
}
