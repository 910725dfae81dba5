import { count } from "../../lib/page/figures.ts";
import type { Mechanism } from "./mechanism.ts";
import { callsOf, type Result } from "./report.ts";
import { quartilesOf } from "./spread.ts";

/** Three digits, as more are noise: "0.092", "8.91", "36.4", "1,292". */
export function digits(number: number): string {
  if (number < 0.9995) return number.toFixed(3);
  if (number < 9.995) return number.toFixed(2);
  return number < 99.95 ? number.toFixed(1) : count(number);
}

/** A number of events for one operation: "6", "0.08"; nothing if it is unknown. */
function events(number: number | undefined): string {
  if (number === undefined) return "";
  return Number.isInteger(number) ? String(number) : digits(number);
}

/** The columns of a table of results: what one operation takes, and what happens in it. */
export const COLUMNS = ["µs", "quartiles", "ratio", "stops", "wake-ups", "calls"] as const;
/** How many of them are measured: a result that was skipped has no text in these. */
export const MEASURED = 3;

/** A row of the table, without the name. */
export function cellsOf({ mechanism, microseconds, ratio, batches }: Result, noisy: boolean) {
  const { cost } = mechanism;
  const { per = 1 } = cost ?? {};
  const quartiles = microseconds && quartilesOf(microseconds, batches);
  return [
    microseconds === undefined ? "" : digits(microseconds.median),
    quartiles?.map(digits).join("–") ?? "",
    ratio === undefined ? "" : `${noisy ? "~" : ""}${digits(ratio.median)}`,
    ...[cost && cost.stops / per, cost && cost.wakeups / per, callsOf(mechanism)].map(events),
  ];
}

/** Why nothing was measured; undefined if it was. */
export const skipOf = ({ microseconds, reason = "not measured" }: Result): string | undefined =>
  microseconds === undefined ? `skipped: ${reason}` : undefined;

/** The calls of one operation in order, with those of the other process after a bar. */
export function sequenceOf({ cost }: Mechanism): string {
  if (cost === undefined) return "";
  const short = (calls: readonly string[]) => calls.join(", ").replaceAll("PTRACE_", "") || "none";
  const others = cost.others.length === 0 ? "" : ` | ${short(cost.others)}`;
  const per = cost.per === undefined ? "" : ` for ${cost.per}`;
  return `${short(cost.calls)}${others}${per}`;
}
