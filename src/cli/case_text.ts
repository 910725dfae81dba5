import { type Case, type CaseDocument, formatCase } from "../labs/fuzz/case/case.ts";
import type { Fields } from "../labs/fuzz/case/fields.ts";
import type { AppliedRule } from "../labs/fuzz/predict/model.ts";
import { fieldRows, tellField } from "../labs/fuzz/tell/told.ts";
import { paint } from "./report.ts";

type Constants = ReadonlyMap<string, bigint>;

/** A case in a few lines. */
export function caseText(it: Case, constants: Constants): string {
  const { from, way, on, signal, code, registers, pairs, words, length, frame } = formatCase(
    it,
    constants,
  );
  const lines = [
    `from      ${from}`,
    `way       ${way}${length === undefined ? "" : `, ${length} bytes`}`,
    `on        ${on}${signal === null ? "" : `, with ${signal}`}`,
    ...(frame === undefined ? [] : [`frame     uc_flags ${frame.uc_flags}, ${fpstateText(frame)}`]),
    ...(code === undefined || code === null ? [] : [`code      ${code}`]),
    ...Object.entries(registers ?? {}).map(([name, word]) => `${name.padEnd(10)}${word}`),
    ...(pairs ?? []).map(({ offset, word }) => `+${Number(offset)}`.padEnd(10) + word),
    ...(words ?? []).map((word, i) => `word ${i}`.padEnd(10) + word),
  ];
  return lines.map((line) => `  ${line}\n`).join("");
}

function fpstateText({ fpstate, image }: NonNullable<CaseDocument["frame"]>): string {
  return image === undefined ? `${fpstate ? "with" : "without"} fpstate` : `fpstate at ${image}`;
}

/** The rules that applied, one per line. */
export function rulesText(rules: readonly AppliedRule[]): string {
  return rules
    .map(({ id, told, source }) => `  ${id.padEnd(5)}${told} ${paint("dim", `(${source})`)}\n`)
    .join("");
}

/** Predicted and seen fields side by side. */
export function fieldsText(
  it: Case,
  predicted: Fields,
  seen: Fields | undefined,
  constants: Constants,
): string {
  const rows = fieldRows(it, predicted, seen).map(({ name, predicted: p, seen: s, differs }) => {
    const told = (word: bigint | undefined, otherwise: string) =>
      (word === undefined ? otherwise : tellField(name, word, constants)).padEnd(26);
    const right = seen === undefined ? "" : told(s, "-");
    const line = `  ${name.padEnd(18)}${told(p, "?")}${right}`.trimEnd();
    return differs ? `${paint("red", `${line}  differs`)}\n` : `${line}\n`;
  });
  const head = `  ${"".padEnd(18)}${"predicted".padEnd(26)}${seen === undefined ? "" : "seen"}`;
  return `${paint("dim", head.trimEnd())}\n${rows.join("")}`;
}
