import { hex } from "../../errors.ts";
import { type Batch, FRAME_REGISTERS, OUTCOME, outcomeAt, REGISTERS } from "../setups.ts";
import type { Prediction } from "./prediction.ts";

/** One thing that came otherwise. */
export interface Difference {
  /** "error", "status", "stopped.rax", "frame.eflags"… */
  readonly field: string;
  readonly predicted: string;
  readonly seen: string;
}

type Part = "written" | "stopped" | "frame";
const PARTS: readonly Part[] = ["written", "stopped", "frame"];

/** Whether what a setup came to is other than predicted. */
export function differs(it: Prediction, { outcomes }: Pick<Batch, "outcomes">, i: number): boolean {
  const at = outcomeAt(i);
  const { outcome } = it;
  if (it.errorKnown) {
    if (outcome[OUTCOME.error] !== outcomes[at + OUTCOME.error]) return true;
    if (outcome[OUTCOME.refusedAt] !== outcomes[at + OUTCOME.refusedAt]) return true;
  }
  if (it.statusKnown) {
    if (outcome[OUTCOME.resumed] !== outcomes[at + OUTCOME.resumed]) return true;
    if (outcome[OUTCOME.status] !== outcomes[at + OUTCOME.status]) return true;
  }
  if (it.infoKnown) {
    if (outcome[OUTCOME.signal] !== outcomes[at + OUTCOME.signal]) return true;
    if (outcome[OUTCOME.signal] !== 0 && outcome[OUTCOME.code] !== outcomes[at + OUTCOME.code])
      return true;
    if (it.addressKnown && wordDiffers(outcome, outcomes, at, OUTCOME.address)) return true;
  }
  return (
    registersDiffer(it.writtenKnown, outcome, outcomes, at, OUTCOME.written) ||
    registersDiffer(it.stoppedKnown, outcome, outcomes, at, OUTCOME.stopped) ||
    registersDiffer(it.frameKnown, outcome, outcomes, at, OUTCOME.frame)
  );
}

function wordDiffers(predicted: Uint32Array, seen: Uint32Array, at: number, half: number): boolean {
  return predicted[half] !== seen[at + half] || predicted[half + 1] !== seen[at + half + 1];
}

function registersDiffer(
  known: number,
  predicted: Uint32Array,
  seen: Uint32Array,
  at: number,
  begin: number,
): boolean {
  for (let mask = known, half = begin; mask !== 0; mask >>>= 1, half += 2) {
    if ((mask & 1) !== 0 && wordDiffers(predicted, seen, at, half)) return true;
  }
  return false;
}

/** What came otherwise, each by its name. */
export function differences(
  it: Prediction,
  { outcomes }: Pick<Batch, "outcomes">,
  i: number,
): Difference[] {
  const seen = outcomes.subarray(outcomeAt(i), outcomeAt(i + 1));
  const numbers = (known: boolean, ...fields: ("error" | "refusedAt" | "resumed" | "code")[]) =>
    known ? fields.map((field) => compare(field, it.outcome, seen, OUTCOME[field], signed)) : [];
  const plain = (known: boolean, field: "status" | "signal", show: Show) =>
    known ? [compare(field, it.outcome, seen, OUTCOME[field], show)] : [];
  const registers = PARTS.flatMap((part) => {
    const known = { written: it.writtenKnown, stopped: it.stoppedKnown, frame: it.frameKnown }[
      part
    ];
    const names = part === "frame" ? FRAME_REGISTERS : REGISTERS;
    return names
      .map((name, k) => compare(`${part}.${name}`, it.outcome, seen, OUTCOME[part] + 2 * k, word))
      .filter((_, k) => ((known >>> k) & 1) !== 0);
  });
  const hasSignal = it.infoKnown && it.outcome[OUTCOME.signal] !== 0;
  return [
    ...numbers(it.errorKnown, "error", "refusedAt"),
    ...numbers(it.statusKnown, "resumed"),
    ...plain(it.statusKnown, "status", (halves, at) => hex(BigInt(halves[at] ?? 0))),
    ...plain(it.infoKnown, "signal", signed),
    ...numbers(hasSignal, "code"),
    ...(it.addressKnown ? [compare("address", it.outcome, seen, OUTCOME.address, word)] : []),
    ...registers,
  ].filter(({ predicted, seen }) => predicted !== seen);
}

type Show = (halves: Uint32Array, at: number) => string;

const signed: Show = (halves, at) => String((halves[at] ?? 0) | 0);
const word: Show = (halves, at) =>
  hex((BigInt(halves[at + 1] ?? 0) << 32n) | BigInt(halves[at] ?? 0));

function compare(
  field: string,
  predicted: Uint32Array,
  seen: Uint32Array,
  at: number,
  show: Show,
): Difference {
  return { field, predicted: show(predicted, at), seen: show(seen, at) };
}
