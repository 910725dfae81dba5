/* Verdicts of other machines, and how they differ. */

import { diffVerdicts, type FactsDiff, type NamedVerdicts } from "../labs/fuzz/facts/diff.ts";
import { parseConformance } from "../labs/fuzz/facts/document.ts";
import { parseKtap } from "../labs/fuzz/facts/ktap.ts";
import type { Machine } from "../labs/fuzz/machine.ts";
import { machineLine } from "../labs/fuzz/tell/told.ts";
import { InputError } from "../lib/errors.ts";
import { countsOf } from "../lib/group.ts";
import { inputName, type Limit, readNamed } from "../lib/input.ts";
import { parseJson } from "../lib/shape.ts";
import { visible } from "../lib/visible.ts";
import { firstLines } from "./conformance_text.ts";
import { folded } from "./fold.ts";
import { paint, printJson, talk, tell } from "./report.ts";
import { plural } from "./rows.ts";

const LOG_LIMIT: Limit = { most: 1 << 27, of: "a log" };

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

export const logMachineLine = (machine: Machine | null | undefined): string =>
  machine ? machineLine(machine) : "a machine that the log does not describe";

/** Reports in which facts two machines differ. @returns the exit status */
export function reportFactsDiff(
  a: NamedVerdicts,
  b: NamedVerdicts,
  json: boolean | undefined,
): number {
  const diff = diffVerdicts(a, b);
  if (json) printJson("stublab.conformance-diff/1", diff);
  else tell(folded(diffText(diff)));
  return diff.facts.every(({ contrast }) => contrast === "untested") ? 0 : 1;
}

function diffText({ a, b, counts, facts }: FactsDiff): string {
  const untested = facts.filter(({ contrast }) => contrast === "untested");
  // By the reasons: those of one request have the same.
  const reasons = untested.map(({ a, b }) => {
    const skipsA = a.status === null || a.status === "skipped";
    return `on ${skipsA ? "A" : "B"}: ${(skipsA ? a : b).lines.join("; ")}`;
  });
  return [
    `A  ${visible(a.name)}: ${logMachineLine(a.machine)}\n`,
    `B  ${visible(b.name)}: ${logMachineLine(b.machine)}\n\n`,
    ...facts.map(factText),
    ...[...countsOf(reasons)].map(([reason, count]) => {
      const what = `${plural(count, "fact")} not compared: ${visible(reason)}`;
      return `  ${paint("dim", what)}\n`;
    }),
    `${paint("bold", `${counts.a} facts hold on A only, ${counts.b} on B only`)}, `,
    `${counts.otherwise} fail otherwise; ${counts.held} hold on both, ${counts.failed} fail on both in the same way\n`,
  ].join("");
}

const TITLES = {
  ...{ a: "holds on A only", b: "holds on B only" },
  otherwise: "fails on both, in other ways",
};

function factText({ contrast, name, group, source, rules, ...sides }: FactsDiff["facts"][number]) {
  if (contrast === "untested") return "";
  const lines = (["a", "b"] as const).flatMap((side) => {
    if (contrast === side) return [];
    const shown = firstLines(sides[side].lines);
    return shown.map((line) => `      ${side.toUpperCase()}  ${visible(line)}\n`);
  });
  const basis = [source, ...rules].filter(Boolean).join("; ");
  const title = `  ${paint("red", TITLES[contrast])}: ${visible(group)}: ${visible(name)}\n`;
  return [title, basis && `    ${paint("dim", basis)}\n`, ...lines].join("");
}
