/* What a report says, once for the terminal and the page. */

import type { Grid, Story } from "../../lib/page/block.ts";
import { count } from "../../lib/page/figures.ts";
import { machineLines } from "./machine.ts";
import type { Cost, Group, Mechanism } from "./mechanism.ts";
import { callsOf, type Report, type Result } from "./report.ts";
import { quartilesOf } from "./spread.ts";

/** The run in a line, and its machine in some more. */
export function headOf({ machine, rounds, seconds, bound, interrupted }: Report): string[] {
  const other = bound.other === undefined ? "" : `; processor ${bound.other} where two are needed`;
  const run = `${rounds} rounds in ${seconds.toFixed(0)} s${interrupted ? ", interrupted" : ""}`;
  return [`${run}, bound to processor ${bound.own}${other}`, ...machineLines(machine)];
}

/** What the columns of grids are. */
export function legendOf({ noise }: Report): string {
  const clean = noise.length > 0 ? "~ marks ratios of a noisy run. " : "";
  return `${clean}Medians with quartiles, in microseconds; stops, wake-ups and system calls of each.`;
}

/** What the calls of stories are. */
export const CALLS =
  "The calls are those of one operation: of the measuring process, then of the other. ptrace " +
  "requests are named without PTRACE_.";

/** The figures of a group. */
export function gridOf(group: Group, { results, noise }: Report): Grid {
  const own = results.filter(({ mechanism }) => mechanism.group === group.name);
  const skipped = own.flatMap(({ mechanism, microseconds, reason = "not measured" }) =>
    microseconds === undefined ? [`${mechanism.name} is skipped: ${reason}.`] : [],
  );
  return {
    id: `${group.name}-figures`,
    title: `${group.name}: ${group.title}`,
    columns: ["mechanism", "µs", "quartiles", "ratio", "stops", "wake-ups", "calls"],
    rows: own.flatMap((result) => rowOf(result, noise.length > 0)),
    one: "mechanism",
    note: [`${group.why} Ratios are to ${group.against}.`, ...skipped].join("\n  "),
  };
}

function rowOf({ mechanism, microseconds, ratio, batches }: Result, noisy: boolean): string[][] {
  if (microseconds === undefined) return [];
  const { cost } = mechanism;
  const { per = 1 } = cost ?? {};
  const costs = [cost && cost.stops / per, cost && cost.wakeups / per, callsOf(mechanism)];
  const quartiles = quartilesOf(microseconds, batches)?.map(digits).join("–") ?? "";
  const times = ratio === undefined ? "" : `${noisy ? "~" : ""}${digits(ratio.median)}`;
  return [[mechanism.name, digits(microseconds.median), quartiles, times, ...costs.map(events)]];
}

/** What the mechanisms of a group do; undefined for a group without mechanisms. */
export function storyOf(
  { name, title }: Group,
  mechanisms: readonly Mechanism[],
): Story | undefined {
  const own = mechanisms.filter(({ group }) => group === name);
  if (own.length === 0) return undefined;
  const facts = own.flatMap(({ name, title, cost }) => {
    const does = [name, title] as const;
    return cost === undefined ? [does] : [does, ["", sequenceOf(cost)] as const];
  });
  return { id: name, title: `${name}: ${title}`, beside: "", facts, command: null };
}

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

/** The calls of one operation in order, with those of the other process after a bar. */
function sequenceOf(cost: Cost): string {
  const short = (calls: readonly string[]) => calls.join(", ").replaceAll("PTRACE_", "") || "none";
  const others = cost.others.length === 0 ? "" : ` | ${short(cost.others)}`;
  const per = cost.per === undefined ? "" : ` for ${cost.per}`;
  return `${short(cost.calls)}${others}${per}`;
}
