/*
 * The catalogue of the museum in docs/museum.md: a row for each exhibit.
 */

import { REGISTERS } from "../../src/labs/fuzz/case/amd64/kinds.ts";
import { type Case, formatCase, type StepDocument } from "../../src/labs/fuzz/case/case.ts";
import type { Exhibit } from "./exhibit.ts";

export const CATALOGUE = "docs/museum.md";

const BEGIN = "<!-- museum: begin -->";
const END = "<!-- museum: end -->";
const HEAD = `| bug | fixed by | cases | seconds | minimized case | differs |
| --- | --- | --- | --- | --- | --- |`;

/** What the fuzzer found, for a row. */
export interface Row {
  readonly exhibit: Exhibit;
  readonly index: number;
  readonly seconds: number;
  readonly it: Case;
  readonly field: string;
}

/** The cells of a row that do not depend on the machine. */
export function cellsOf({ name, told, commit, subject, broken }: Exhibit): string {
  return `| \`${name}\`: ${told} | \`${commit.slice(0, 12)}\` ${subject}. Broken: ${broken} |`;
}

/** The document with these rows. */
export function withRows(document: string, rows: readonly Row[]): string {
  const [before, rest = ""] = document.split(BEGIN);
  const [, after] = rest.split(END);
  if (before === undefined || after === undefined) throw new Error(`${CATALOGUE} has no table`);
  const lines = rows.map(({ exhibit, index, seconds, it, field }) => {
    const cells = [(index + 1).toLocaleString("en"), seconds.toFixed(1), oneLine(it), field];
    return `${cellsOf(exhibit)} ${cells.join(" | ")} |`;
  });
  return `${before}${BEGIN}\n${[HEAD, ...lines].join("\n")}\n${END}${after}`;
}

/** A case in a line: for each step from where, by which request, what is written, and how the task is resumed. */
function oneLine(it: Case): string {
  const { before = [], ...last } = formatCase(it);
  return [...before, last].map(oneStep).join("; then ");
}

function oneStep(step: StepDocument): string {
  const { from = "signal", way, on, signal, code, frame } = step;
  const { registers = {}, pairs = [], words = [] } = step;
  const place = (offset: string) =>
    (way === "POKEUSER" ? REGISTERS[Number(offset) / 8] : undefined) ?? `at ${Number(offset)}:`;
  const changes = [
    ...(typeof code === "string" ? [`code ${code}`] : []),
    ...Object.entries(registers).map(([name, word]) => `${name} ${word}`),
    ...pairs.map(({ offset, word }) => `${place(offset)} ${word}`),
    ...words,
    ...(frame === undefined || frame.uc_flags === "0x0" ? [] : [`uc_flags ${frame.uc_flags}`]),
  ];
  const start = from === "signal" ? "" : `from ${from}: `;
  const end = on === "NONE" ? "" : `; ${on}${signal === null ? "" : ` with ${signal}`}`;
  return `${start}${[way, changes.join(", ")].join(" ").trimEnd()}${end}`;
}
