/* What the kernel does with a case, and why. */

import { REGISTERS } from "../../labs/fuzz/case/arch.ts";
import type { Case } from "../../labs/fuzz/case/case.ts";
import { Model } from "../../labs/fuzz/predict/model.ts";
import { type CasePrediction, predictionOf } from "../../labs/fuzz/predict/prediction.ts";
import { isUnasked, processorsText } from "../../labs/fuzz/predict/processors.ts";
import { fieldRows, tellField } from "../../labs/fuzz/tell/told.ts";
import { hex } from "../../lib/errors.ts";
import { machineNamed } from "../machines.ts";
import { make } from "./elements.ts";
import { wordsOf } from "./words.ts";

/**
 * A sentence, and after it the fields and the rules, as `stublab predict --machine` has them.
 *
 * @throws InputError if there is no machine of that name
 */
export function answer(it: Case, name: string): [sentence: string, ...parts: HTMLElement[]] {
  const machine = machineNamed(name);
  const prediction = predictionOf(it, new Model(machine));
  const given = new Map(wordsOf(it)?.map((word, i) => [REGISTERS[i], word]));
  const steps = fieldRows(prediction).flatMap((rows, i, { length }) => {
    const told = rows.filter(({ name, predicted = 0n }) => tellField(name, predicted) !== "none");
    const cells = told.flatMap(({ name, predicted = 0n }) => {
      const before = given.get(name.replace(/^.*\./, ""));
      const was = before === undefined || before === predicted ? "" : ` from ${hex(before)}`;
      const value = make("dd", {}, tellField(name, predicted), make("small", {}, was));
      return [make("dt", {}, name), value];
    });
    const head = length > 1 ? [make("h2", {}, `Step ${i + 1}`)] : [];
    return [...head, make("dl", { class: "facts" }, ...cells)];
  });
  const rules = prediction.rules.map((rule) => {
    const { id, told, source, asked = [] } = rule;
    const elsewhere = isUnasked(rule, machine) ? ` Seen on ${processorsText(asked)} only.` : "";
    const link = make("a", { href: linkOf(source) }, source);
    return make("li", {}, make("b", {}, id), make("span", {}, `${told}${elsewhere} `, link));
  });
  return [sentenceOf(prediction), ...steps, make("h2", {}, "Because"), make("ol", {}, ...rules)];
}

function sentenceOf({ it, predicted, unpredicted }: CasePrediction): string {
  const told = (name: string) => tellField(name, predicted.get(name) ?? 0n);
  const [error, resumed, status = "", address] = ["error", "resumed", "status", "address"].map(
    told,
  );
  const write = it.way === "SIGRETURN" ? "rt_sigreturn" : "the write";
  if (error !== "none") return `The kernel refuses ${write}: ${error}.`;
  if (unpredicted !== null) return `The stop is not predicted: see ${unpredicted}.`;
  if (it.on === "NONE") return `The kernel takes ${write}. Nothing is resumed.`;
  if (resumed !== "none") return `The kernel takes ${write}, and refuses the resume: ${resumed}.`;
  const at = address === "0x0" ? "" : ` at ${address}`;
  const verb = status.startsWith("stopped") || status.startsWith("killed") ? "is " : "";
  return `The kernel takes ${write}, and the stub ${verb}${status}${at}.`;
}

/** Where one reads the function of the kernel that a rule comes from; undefined if its source is another. */
export function linkOf(source: string): string | undefined {
  const pattern = /(?:(\w+), (?:\w+, )*)?([\w/-]+\.[chS])\b.*?, (\d+\.\d+)/;
  const [, name, path, version] = pattern.exec(source) ?? [];
  if (version === undefined) return undefined;
  const rest = name === undefined ? `source/${path}` : `A/ident/${name}`;
  return `https://elixir.bootlin.com/linux/v${version}/${rest}`;
}
