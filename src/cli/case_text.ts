import { REGISTERS, type Way } from "../labs/fuzz/case/arch.ts";
import { type Case, formatCase, type StepDocument } from "../labs/fuzz/case/case.ts";
import type { AppliedRule } from "../labs/fuzz/predict/model.ts";
import { fieldRows, type ToldCase, tellField } from "../labs/fuzz/tell/told.ts";
import { paint } from "./report.ts";

/** A case in a few lines for each step. */
export function caseText(it: Case): string {
  const { before = [], ...last } = formatCase(it);
  return stepsText([...before, last].map(stepText));
}

/** Texts about the steps of a case, each under its number. */
function stepsText(texts: readonly string[]): string {
  if (texts.length === 1) return texts.join("");
  return texts
    .map((text, i) => `  ${paint("bold", `step ${i + 1} of ${texts.length}`)}\n${text}`)
    .join("");
}

function stepText(step: StepDocument): string {
  const { from, way, on, signal, code, registers, pairs, words, length, frame } = step;
  const lines = [
    ...(from === undefined ? [] : [`from      ${from}`]),
    `way       ${way}${length === undefined ? "" : `, ${length} bytes`}`,
    `on        ${on}${signal === null ? "" : `, with ${signal}`}`,
    ...(frame === undefined ? [] : [`frame     uc_flags ${frame.uc_flags}, ${fpstateText(frame)}`]),
    ...(code === undefined || code === null ? [] : [`code      ${code}`]),
    ...Object.entries(registers ?? {}).map(([name, word]) => `${name.padEnd(10)}${word}`),
    ...(pairs ?? []).map(({ offset, word }) => placeText(way, Number(offset)).padEnd(10) + word),
    ...(words ?? []).map((word, i) => `word ${i}`.padEnd(10) + word),
  ];
  return lines.map((line) => `  ${line}\n`).join("");
}

/** Where a pair writes: a register, or bytes from the beginning of what its way writes. */
function placeText(way: Way, offset: number): string {
  return (way === "POKEUSER" ? REGISTERS[offset / 8] : undefined) ?? `+${offset}`;
}

function fpstateText({ fpstate, image }: NonNullable<StepDocument["frame"]>): string {
  return image === undefined ? `${fpstate ? "with" : "without"} fpstate` : `fpstate at ${image}`;
}

/** The rules that applied, one per line. */
export function rulesText(rules: readonly AppliedRule[]): string {
  return rules
    .map(({ id, told, source }) => `  ${id.padEnd(5)}${told} ${paint("dim", `(${source})`)}\n`)
    .join("");
}

/** Predicted and seen fields side by side. */
export function fieldsText(told: ToldCase): string {
  const isTried = told.seen !== undefined;
  const head = `  ${"".padEnd(18)}${"predicted".padEnd(26)}${isTried ? "seen" : ""}`;
  const texts = fieldRows(told).map((rows) => {
    const lines = rows.map(({ name, predicted, seen, differs }) => {
      const text = (word: bigint | undefined, otherwise: string) =>
        (word === undefined ? otherwise : tellField(name, word)).padEnd(26);
      const right = isTried ? text(seen, "-") : "";
      const line = `  ${name.padEnd(18)}${text(predicted, "?")}${right}`.trimEnd();
      return differs ? `${paint("red", `${line}  differs`)}\n` : `${line}\n`;
    });
    return lines.join("");
  });
  return `${paint("dim", head.trimEnd())}\n${stepsText(texts)}`;
}
