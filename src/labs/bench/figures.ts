import { count } from "../../lib/page/figures.ts";
import type { Mechanism } from "./mechanism.ts";
import { callsOf } from "./report.ts";

/** Three digits, as more are noise: "0.092", "8.91", "36.4", "1,292". */
export function digits(number: number): string {
  if (number < 0.9995) return number.toFixed(3);
  if (number < 9.995) return number.toFixed(2);
  return number < 99.95 ? number.toFixed(1) : count(number);
}

/** A number of events for one operation: "6", "0.08"; nothing if it is unknown. */
export function events(number: number | undefined): string {
  if (number === undefined) return "";
  return Number.isInteger(number) ? String(number) : digits(number);
}

/** The stops, wake-ups and system calls of one operation. */
export function eventsOf(mechanism: Mechanism): {
  stops: string;
  wakeups: string;
  calls: string;
} {
  const { cost } = mechanism;
  const { per = 1 } = cost ?? {};
  return {
    stops: events(cost && cost.stops / per),
    wakeups: events(cost && cost.wakeups / per),
    calls: events(callsOf(mechanism)),
  };
}

/** The calls of one operation in order, with those of the other process after a bar. */
export function sequenceOf({ cost }: Mechanism): string {
  if (cost === undefined) return "";
  const short = (calls: readonly string[]) => calls.join(", ").replaceAll("PTRACE_", "") || "none";
  const others = cost.others.length === 0 ? "" : ` | ${short(cost.others)}`;
  const per = cost.per === undefined ? "" : ` for ${cost.per}`;
  return `${short(cost.calls)}${others}${per}`;
}
