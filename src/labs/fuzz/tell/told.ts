/* Fields of outcomes, machines and rules, as texts and as documents have them. */

import { errnoName } from "../../../lib/errno.ts";
import { hex } from "../../../lib/errors.ts";
import { visible } from "../../../lib/visible.ts";
import { BASELINE, REGISTERS } from "../case/arch.ts";
import type { Case } from "../case/case.ts";
import type { Fields } from "../case/fields.ts";
import { nameOfSignal } from "../case/signals.ts";
import { formatCase } from "../case/text.ts";
import type { CaseOutcome } from "../examiner.ts";
import type { Machine } from "../machine.ts";
import type { DifferenceKind, FieldDifference } from "../predict/differences.ts";
import type { AppliedRule } from "../predict/model.ts";
import type { CasePrediction, StepPrediction } from "../predict/prediction.ts";
import { isUnasked } from "../predict/processors.ts";
import { causeTable } from "./attribution.ts";

/** A field's value: an errno by its name, a number, or a word in hex. */
export function fieldValue(field: string, word: bigint): string | number {
  if (field === "error" || field === "resumed") return word === 0n ? 0 : errnoName(Number(word));
  return field === "refusedAt" || field === "signal" || field === "code" ? Number(word) : hex(word);
}

function fieldTable(fields: Fields): Record<string, string | number> {
  return Object.fromEntries([...fields].map(([field, word]) => [field, fieldValue(field, word)]));
}

/** What differs, as a document has it. */
export const differenceTable = (differences: readonly FieldDifference[]) =>
  differences.map(kindRow);

export function kindRow({ field, predicted, seen }: DifferenceKind) {
  const value = (word: bigint | null) => (word === null ? null : fieldValue(field, word));
  return { field, predicted: value(predicted), seen: value(seen) };
}

/** A field's value for people: a status says what it means. */
export const tellField = (field: string, word: bigint): string =>
  tellValue(field, fieldValue(field, word));

/** The same of a value that a document has. */
export function tellValue(field: string, value: string | number): string {
  if (field === "status") return tellStatus(Number(value));
  if (ABSENCES.get(field)?.[0] === value) return "none";
  return field === "signal" ? nameOfSignal(Number(value)) : String(value);
}

/** SIGTRAP, with the bit of PTRACE_O_TRACESYSGOOD. */
const CALL = 0x85;

/** What a status word of wait4 means; 0 means that the stub was not stopped. */
function tellStatus(status: number): string {
  if (status === 0) return "runs on";
  const high = (status >> 8) & 0xff;
  if ((status & 0xff) === 0x7f) {
    return high === CALL ? "stopped at a system call" : `stopped by ${nameOfSignal(high)}`;
  }
  const signal = status & 0x7f;
  return signal === 0 ? `exited with status ${high}` : `killed by ${nameOfSignal(signal)}`;
}

/** A machine on one line. A log's may have any text for a name. */
export function machineLine(machine: Machine): string {
  const { arch, family, model, xstateLength } = machine;
  const [release, vendor, ...features] = [machine.release, machine.vendor, ...machine.features].map(
    visible,
  );
  const has = features.length === 0 ? "none of the features" : features.join(", ");
  if (arch === "arm64")
    return `Linux ${release} on arm64, implementer ${vendor} part 0x${model.toString(16)}, with ${has}`;
  return `Linux ${release} on x86-64, ${vendor} family ${family} model ${model}, with ${has}; XSAVE area of ${xstateLength} bytes`;
}

/** A case as a file. */
export function caseJson(it: Case): string {
  return `${JSON.stringify(formatCase(it), null, 2)}\n`;
}

/** A step, and what was seen, if it was tried. */
interface ToldStep extends StepPrediction {
  readonly seen?: Fields;
}

/** A case in the same way. */
export interface ToldCase extends ToldStep {
  readonly before: readonly ToldStep[];
}

/**
 * The fields of each step side by side. A register is omitted if it has the value that was written and predicted.
 *
 * @param isAsked whether it is not omitted
 */
export function fieldRows({ before, ...last }: ToldCase, isAsked = (_: string) => false) {
  const registers = wordsOf(BASELINE);
  return [...before, last].map(({ it, predicted, seen }) => {
    const names = new Set([...predicted.keys(), ...(seen?.keys() ?? [])]);
    const given = it.block.length > 0 ? wordsOf(it.block) : new Map(registers);
    for (const [field, word] of seen ?? predicted) {
      if (!field.startsWith("frame.")) registers.set(registerOf(field), word);
    }
    return [...names]
      .map((name) => {
        const [p, s] = [predicted.get(name), seen?.get(name)];
        const differs = p !== undefined && seen !== undefined && p !== s;
        return { name, predicted: p, seen: s, differs };
      })
      .filter(
        (row) =>
          row.differs || isAsked(row.name) || !isPlain(given, row.name, row.seen ?? row.predicted),
      );
  });
}

/** The words of a block by the names of registers. */
const wordsOf = (block: readonly bigint[]) =>
  new Map(REGISTERS.map((name, i) => [name, block[i] ?? 0n]));

const registerOf = (field: string): string => field.slice(field.indexOf(".") + 1);

/** Whether a register has the value that the step gives it, or that from before it. */
function isPlain(given: Fields, field: string, word: bigint | undefined): boolean {
  if (field.startsWith("frame.")) return word === 0n;
  return REGISTERS.includes(registerOf(field)) && word === given.get(registerOf(field));
}

/** A rule of a prediction, as documents have it. */
export function ruleRow({ id, phase, told, source, asked }: AppliedRule) {
  return { id, phase, text: told, source, ...(asked !== undefined && { asked }) };
}

function stepTable({ predicted, unpredicted, seen }: ToldStep) {
  const outcome = seen === undefined ? {} : { outcome: fieldTable(seen) };
  return { unpredicted, prediction: fieldTable(predicted), ...outcome };
}

/** A prediction as a document has it. */
export function predictionTable(
  { it, unpredicted, predicted, before, rules }: CasePrediction & Pick<ToldCase, "before">,
  machine: Machine,
) {
  return {
    case: formatCase(it),
    machine,
    ...(before.length > 0 && { before: before.map(stepTable) }),
    unpredicted,
    prediction: fieldTable(predicted),
    rules: rules.map(ruleRow),
    unasked: rules.filter((rule) => isUnasked(rule, machine)).map(({ id }) => id),
  };
}

/** The same with the outcome. */
export function outcomeTable(outcome: CaseOutcome, machine: Machine) {
  return {
    ...predictionTable(outcome, machine),
    outcome: fieldTable(outcome.seen),
    differences: differenceTable(outcome.differences),
    causes: causeTable(outcome.causes, machine),
  };
}

/** What is wrong, in a sentence: in which step of a case, if it has several. */
export function subjectOf([first]: readonly FieldDifference[], it?: Case): string {
  const step = it?.before === undefined ? "" : `Step ${it.before.length + 1}: `;
  if (first === undefined) return "The outcome matches the prediction.";
  const { field, seen, predicted } = first;
  const what = seen === null ? "missing" : quoted(field, seen);
  const is = (seen !== null && absence(field, seen)) || `${field} is ${what}`;
  return `${step}${is}; predicted: ${wantedOf(field, predicted)}.`;
}

/** The same of a difference that did not occur again. */
export function onceOf({ field, seen, predicted }: DifferenceKind): string {
  const absent = seen === null ? undefined : absence(field, seen);
  const was = seen === null ? "not as predicted" : quoted(field, seen);
  const once = absent === undefined ? `${field} was ${was}` : `there was ${absent}`;
  if (predicted === null) return `Not reproduced: once, ${once}.`;
  return `Not reproduced: once, ${once}; predicted: ${wantedOf(field, predicted)}.`;
}

const ABSENCES: ReadonlyMap<string, readonly [value: number, told: string]> = new Map([
  ["error", [0, "no error"]],
  ["resumed", [0, "no error of the resume"]],
  ["refusedAt", [-1, "no refused pair"]],
  ["signal", [0, "no siginfo"]],
]);

/** What a field's word means in a sentence if it stands for nothing; otherwise undefined. */
function absence(field: string, word: bigint): string | undefined {
  const [nothing, told] = ABSENCES.get(field) ?? [];
  return fieldValue(field, word) === nothing ? told : undefined;
}

const wantedOf = (field: string, word: bigint): string =>
  absence(field, word) ?? quoted(field, word);

function quoted(field: string, word: bigint): string {
  const told = tellField(field, word);
  return told.includes(" ") ? `"${told}"` : told;
}
