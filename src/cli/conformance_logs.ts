/* Verdicts of other machines, and how they differ. */

import {
  diffVerdicts,
  type FactContrast,
  type FactDifference,
  verdictLines,
} from "../labs/fuzz/facts/diff.ts";
import { parseConformance } from "../labs/fuzz/facts/document.ts";
import { parseKtap } from "../labs/fuzz/facts/ktap.ts";
import type { Verdict, VerdictLog } from "../labs/fuzz/facts/verdict.ts";
import type { Machine } from "../labs/fuzz/machine.ts";
import { machineLine } from "../labs/fuzz/tell/told.ts";
import { InputError } from "../lib/errors.ts";
import { countsOf } from "../lib/group.ts";
import { inputName, type Limit, readNamed } from "../lib/input.ts";
import { parseJson } from "../lib/shape.ts";
import { visible } from "../lib/visible.ts";
import { folded } from "./fold.ts";
import { paint, printJson, talk, tell } from "./report.ts";

const LOG_LIMIT: Limit = { most: 1 << 27, of: "a log" };
const DIFF_SCHEMA = "stublab.conformance-diff/1";

/** The verdicts of a machine, and how it is called. */
export interface NamedVerdicts extends Pick<VerdictLog, "machine" | "known"> {
  readonly name: string;
  readonly verdicts: readonly Verdict[];
}

/** Reads a log that the user names. @throws InputError that names the file */
export function readVerdicts(file: string): NamedVerdicts {
  const { lost, ...log } = readNamed(file, LOG_LIMIT, (content) => {
    const text = content.toString("utf8");
    const read = text.trimStart().startsWith("{")
      ? parseConformance(parseJson(text))
      : parseKtap(text);
    if (read.verdicts.length > 0) return read;
    throw new InputError("there are no facts", {
      remedy:
        "expected the output of probe conformance, or what stublab conformance --ktap or --json writes",
    });
  });
  const name = inputName(file === "-" ? 0 : file);
  if (lost > 0) talk(`stublab: ${name} is not complete: it lacks ${lost} facts\n`);
  return { name: file, ...log };
}

export function logMachineLine(machine: Machine | undefined): string {
  return machine === undefined ? "a machine that the log does not describe" : machineLine(machine);
}

/** Reports in which facts two machines differ. @returns the exit status */
export function reportFactsDiff(a: NamedVerdicts, b: NamedVerdicts, json: boolean): number {
  const contrast = diffVerdicts(a.verdicts, b.verdicts);
  const { differences, held, failed } = contrast;
  const count = (kind: FactContrast) => differences.filter((it) => it.contrast === kind).length;
  const counts = {
    ...{ a: count("a"), b: count("b"), otherwise: count("otherwise") },
    ...{ untested: count("untested"), held, failed },
  };
  if (json) {
    const machineRow = ({ name, machine }: NamedVerdicts) => ({ name, machine: machine ?? null });
    printJson(DIFF_SCHEMA, {
      ...{ a: machineRow(a), b: machineRow(b), counts },
      facts: differences.map(factRow),
    });
  } else tell(folded(diffText(a, b, differences, counts)));
  return counts.a + counts.b + counts.otherwise === 0 ? 0 : 1;
}

function factRow({ contrast, a, b }: FactDifference) {
  const { name = "", group = "", source = "", rules = [] } = (a ?? b)?.fact ?? {};
  const row = (verdict: Verdict | undefined) => ({
    status: verdict?.status ?? null,
    lines: verdictLines(verdict),
  });
  return { name, group, source, rules, contrast, a: row(a), b: row(b) };
}

type Counts = Readonly<Record<FactContrast | "held" | "failed", number>>;

function diffText(
  a: NamedVerdicts,
  b: NamedVerdicts,
  differences: readonly FactDifference[],
  counts: Counts,
): string {
  const tested = differences.filter(({ contrast }) => contrast !== "untested");
  const untested = differences.filter(({ contrast }) => contrast === "untested");
  return [
    `A  ${visible(a.name)}: ${logMachineLine(a.machine)}\n`,
    `B  ${visible(b.name)}: ${logMachineLine(b.machine)}\n\n`,
    ...tested.map(factText),
    ...untestedText(untested),
    `${paint("bold", `${counts.a} facts hold on A only, ${counts.b} on B only`)}, `,
    `${counts.otherwise} fail otherwise; ${counts.held} hold on both, ${counts.failed} fail on both in the same way\n`,
  ].join("");
}

const TITLES = {
  ...{ a: "holds on A only", b: "holds on B only" },
  ...{ otherwise: "fails on both, in other ways", untested: "" },
} as const;
/** The most lines of one fact. */
const MOST_LINES = 4;

function factText({ contrast, a, b }: FactDifference): string {
  const fact = (a ?? b)?.fact;
  if (fact === undefined) return "";
  const { name, group, source, rules } = fact;
  const lines = (side: string, verdict: Verdict | undefined) => {
    const all = verdictLines(verdict);
    const more = all.length - MOST_LINES;
    const shown = more > 0 ? [...all.slice(0, MOST_LINES), `… and ${more} more`] : all;
    return shown.map((line) => `      ${side}  ${visible(line)}\n`).join("");
  };
  const basis = [source, ...rules].filter(Boolean).join("; ");
  return [
    `  ${paint("red", TITLES[contrast])}: ${visible(group)}: ${visible(name)}\n`,
    ...(basis === "" ? [] : [`    ${paint("dim", basis)}\n`]),
    ...(contrast === "a" ? [] : [lines("A", a)]),
    ...(contrast === "b" ? [] : [lines("B", b)]),
  ].join("");
}

/** Facts that only one machine was looked at for, by the reasons. */
function untestedText(differences: readonly FactDifference[]): string[] {
  const reasons = differences.map(({ a, b }) => {
    const skipsA = a === undefined || a.status === "skipped";
    return `on ${skipsA ? "A" : "B"}: ${verdictLines(skipsA ? a : b).join("; ")}`;
  });
  return [...countsOf(reasons)].map(([reason, count]) => {
    const facts = `${count} fact${count === 1 ? "" : "s"}`;
    return `  ${paint("dim", `${facts} not compared: ${visible(reason)}`)}\n`;
  });
}
