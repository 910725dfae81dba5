import type { Reading } from "../../../reading.ts";
import { stepNumber } from "../../../tell.ts";
import { recording } from "./book.ts";

// Addresses: "#step=12" leads to a step; "?embed#step=43-55&lane=master" shows some steps alone, in a frame of another
// page; "?slides" is for a projector: larger, and without what surrounds the player.

/** What an address asks for. */
export interface Place {
  /** The index of a step, or null if the address names none. */
  readonly at: number | null;
  readonly bounds: Reading["bounds"] | null;
  readonly lane: string | null;
}

const asked = new URLSearchParams(location.search);
export const embedded = asked.has("embed");
export const projected = asked.has("slides");

/** What the address of this page asks for. */
export function readPlace(fragment = location.hash): Place {
  const named = new URLSearchParams(fragment.replace(/^#/, ""));
  const [, first, last] = /^(\d{1,7})(?:-(\d{1,7}))?$/.exec(named.get("step") ?? "") ?? [];
  const at = indexOf(first);
  const to = indexOf(last);
  const lane = named.get("lane");
  return {
    at,
    bounds: embedded && at !== null ? [at, Math.max(at, to ?? recording.steps.length - 1)] : null,
    lane: recording.lanes.some(({ id }) => id === lane) ? lane : null,
  };
}

function indexOf(digits: string | undefined): number | null {
  const index = Number(digits ?? "0") - 1;
  return index >= 0 && index < recording.steps.length ? index : null;
}

const fragmentOf = (index: number) => `#step=${stepNumber(index)}`;

/** The address of a step in the whole page. */
export function linkTo(index: number): string {
  const url = new URL(location.href);
  url.search = "";
  url.hash = index < 0 || index >= recording.steps.length ? "" : fragmentOf(index);
  return url.href;
}

/** Has the address name a step, without a new entry in the history. */
export function nameInAddress(index: number): void {
  if (embedded || location.hash === fragmentOf(index)) return;
  const known = index >= 0 && index < recording.steps.length;
  history.replaceState(null, "", known ? fragmentOf(index) : location.pathname);
}
