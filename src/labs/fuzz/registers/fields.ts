/* The fields of a predicted outcome in words. */

import { hex } from "../../../lib/errors.ts";
import { CALL, indexOf, REGISTERS } from "../case/arch.ts";
import { BY_PAIRS, PARTS } from "../case/fields.ts";
import type { CasePrediction, StepPrediction } from "../predict/prediction.ts";
import { fieldRows, tellField } from "../tell/told.ts";
import { meaningOf } from "./bits.ts";
import type { Words } from "./words.ts";

const HEADS: Readonly<Record<string, string>> = {
  "": "The signal",
  written: "Read back after the write",
  stopped: "At the stop",
  frame: "In the frame of the handler",
};
const LABELS: Readonly<Record<string, string>> = {
  refusedAt: "first word refused, counted from 0",
  signal: "signal (si_signo)",
  code: "its cause (si_code)",
  address: "its address (si_addr)",
};
/** What the sentence about a case says. */
const SAID = ["error", "resumed", "status"];

/** The fields of each step, under what they are of. @param asked registers that are told even if nothing changes them */
export function tellFields(prediction: CasePrediction, words: Words, asked: readonly string[]) {
  const isRefused = (prediction.predicted.get("error") ?? 0n) !== 0n;
  const isAsked = (field: string) => {
    const [part, name = ""] = field.split(".");
    return asked.includes(name) && (part === "stopped" || isRefused);
  };
  const steps = [...prediction.before, prediction];
  return fieldRows(prediction, isAsked).map((rows, i) => {
    const { it, predicted } = steps[i] ?? prediction;
    const told = rows.flatMap(({ name, predicted: word = 0n }) =>
      SAID.includes(name) || tellField(name, word) === "none" ? [] : [{ name, word }],
    );
    return ["", ...PARTS].flatMap((part) => {
      const now = words.map((word, k) => predicted.get(`${part}.${REGISTERS[k]}`) ?? word);
      const own = told.filter(({ name }) => partOf(name) === part);
      const fields = own.map(({ name, word }) => tell(it, name, word, words, now));
      return own.length === 0 ? [] : [{ head: HEADS[part] ?? part, fields }];
    });
  });
}

const partOf = (field: string): string => /^(\w+)\./.exec(field)?.[1] ?? "";

/** Its label, its value, and what that means, and what was written if it is another. @param now all registers as they are then */
function tell(step: StepPrediction["it"], field: string, word: bigint, words: Words, now: Words) {
  const name = field.replace(/^.*\./, "");
  const value = tellField(field, word);
  const pair = BY_PAIRS.has(step.way) ? step.pairs[Number(name)] : undefined;
  if (pair !== undefined) return { label: `word at offset ${hex(pair.offset)}`, value, more: "" };
  if (!REGISTERS.includes(name)) return { label: LABELS[name] ?? name, value, more: "" };
  const i = indexOf(name);
  const before = words[i] ?? 0n;
  // A call that is restarted has its number in both then.
  const meaning = meaningOf(i === CALL ? now : now.with(CALL, words[CALL] ?? 0n), i);
  const was = before === word ? "as written" : `written: ${hex(before)}`;
  return { label: name, value, more: [meaning, was].filter(Boolean).join("; ") };
}
