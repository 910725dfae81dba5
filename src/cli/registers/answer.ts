/* What the kernel does with a case, and why. */

import type { Machine } from "../../labs/fuzz/machine.ts";
import type { CasePrediction } from "../../labs/fuzz/predict/prediction.ts";
import { isUnasked, processorsText } from "../../labs/fuzz/predict/processors.ts";
import { tellFields } from "../../labs/fuzz/registers/fields.ts";
import type { judge } from "../../labs/fuzz/registers/guess.ts";
import type { Words } from "../../labs/fuzz/registers/words.ts";
import { tellField } from "../../labs/fuzz/tell/told.ts";
import { linkOf } from "../source_link.ts";
import { make } from "./elements.ts";

/** A sentence, and after it the fields and the rules. @param asked registers that are told even if nothing changes them */
export function answer(
  prediction: CasePrediction,
  words: Words,
  machine: Machine,
  asked: readonly string[],
): [sentence: string, ...parts: HTMLElement[]] {
  const steps = tellFields(prediction, words, asked).flatMap((groups, i, { length }) => {
    const step = length > 1 ? `Step ${i + 1}: ` : "";
    return groups.flatMap(({ head, fields }) => {
      const cells = fields.flatMap(({ label, value, more }) => [
        make("dt", {}, label),
        make("dd", {}, value, make("small", {}, more && ` ${more}`)),
      ]);
      return [make("h2", {}, `${step}${head}`), make("dl", { class: "facts" }, ...cells)];
    });
  });
  const rules = prediction.rules.map((rule) => {
    const { id, told, source, asked = [] } = rule;
    const elsewhere = isUnasked(rule, machine) ? ` Seen on ${processorsText(asked)} only.` : "";
    const link = make("a", { href: linkOf(source) }, source);
    return make("li", {}, make("b", {}, id), make("span", {}, `${told}${elsewhere} `, link));
  });
  return [sentenceOf(prediction), ...steps, make("h2", {}, "Because"), make("ol", {}, ...rules)];
}

/** What of a guess is right, a line each. */
export const verdict = (judged: ReturnType<typeof judge>): HTMLElement[] =>
  judged.map(({ about, guessed, right }) => {
    if (right === null) return make("li", {}, `${about}: not decided here`);
    const isRight = guessed === right;
    const told = isRight ? `✓ ${about}: ${right}` : `✗ ${about}: ${right}, not ${guessed}`;
    return make("li", { class: isRight ? "right" : "bad" }, told);
  });

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
