/* A case for people, with what is predicted or seen, and why. */

import { REGISTERS, type Way } from "../labs/fuzz/case/arch.ts";
import { formatCase, type StepDocument } from "../labs/fuzz/case/text.ts";
import type { Machine } from "../labs/fuzz/machine.ts";
import type { Change } from "../labs/fuzz/predict/model.ts";
import { plantLine } from "../labs/fuzz/predict/plant.ts";
import type { CasePrediction } from "../labs/fuzz/predict/prediction.ts";
import { fieldRows, machineLine, type ToldCase, tellField } from "../labs/fuzz/tell/told.ts";
import { paint } from "./report.ts";

/**
 * @param title of the fields, before the machine: "prediction, for"
 * @param ends lines about what follows from them
 */
export function caseText(
  told: ToldCase & Pick<CasePrediction, "it" | "rules">,
  title: string,
  { machine, change }: { readonly machine: Machine; readonly change: Change | undefined },
  ends: readonly string[],
): string {
  const { before = [], ...last } = formatCase(told.it);
  const rules = told.rules.map(
    ({ id, told, source }) => `  ${id.padEnd(5)}${told} ${paint("dim", `(${source})`)}\n`,
  );
  return [
    `case\n${stepsText([...before, last].map(stepText))}\n`,
    `${plantLine(change)}${title} ${machineLine(machine)}\n${fieldsText(told)}\n`,
    `rules\n${rules.join("") || "  none: every register is accepted unchanged\n"}`,
    ends.length > 0 ? `\n${ends.join("\n")}\n` : "",
  ].join("");
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
    from && ["from", from],
    ["way", `${way}${length === undefined ? "" : `, ${length} bytes`}`],
    ["on", `${on}${signal === null ? "" : `, with ${signal}`}`],
    frame && ["frame", `uc_flags ${frame.uc_flags}, ${fpstateText(frame)}`],
    code && ["code", code],
    ...Object.entries(registers ?? {}),
    ...(pairs ?? []).map(({ offset, word }) => [placeText(way, Number(offset)), word]),
    ...(words ?? []).map((word, i) => [`word ${i}`, word]),
  ];
  return lines.map((it) => (it ? `  ${it[0]?.padEnd(10)}${it[1]}\n` : "")).join("");
}

/** Where a pair writes: a register, or bytes from the beginning of what its way writes. */
const placeText = (way: Way, offset: number): string =>
  (way === "POKEUSER" ? REGISTERS[offset / 8] : undefined) ?? `+${offset}`;

const fpstateText = ({ fpstate, image }: NonNullable<StepDocument["frame"]>): string =>
  image === undefined ? `${fpstate ? "with" : "without"} fpstate` : `fpstate at ${image}`;

/** Predicted and seen fields side by side. */
function fieldsText(told: ToldCase): string {
  const isTried = told.seen !== undefined;
  const columns = (name: string, predicted: string, seen: string) =>
    `  ${name.padEnd(18)}${predicted.padEnd(26)}${isTried ? seen : ""}`.trimEnd();
  const texts = fieldRows(told).map((rows) => {
    const lines = rows.map(({ name, predicted, seen, differs }) => {
      const text = (word: bigint | undefined, missing: string) =>
        word === undefined ? missing : tellField(name, word);
      const line = columns(name, text(predicted, "?"), text(seen, "-").padEnd(26));
      return differs ? `${paint("red", `${line}  differs`)}\n` : `${line}\n`;
    });
    return lines.join("");
  });
  return `${paint("dim", columns("", "predicted", "seen"))}\n${stepsText(texts)}`;
}
