/* Walks of tasks (docs/probe.md): the probe takes them, and what it prints is read here. */

import { HOST_ARCH } from "../../../core/machine/index.ts";
import { InputError } from "../../../lib/errors.ts";
import { list, parseJson, record, text } from "../../../lib/shape.ts";
import { entryOf } from "../log/entries.ts";
import { type RunOptions, runProbe } from "../probe/run.ts";

/** A document of the probe. It reads it, and says what is wrong with it. */
const walkShape = record({ schema: text, actions: list(text, 30) });
export type WalkDocument = ReturnType<typeof walkShape>;

/** A walk after which tasks are not as predicted. */
export interface WalkFinding {
  /** Its number in the run; null for one of a document. */
  readonly index: number | null;
  readonly walk: WalkDocument;
  /** Of the first task that differs: "task0.State", and the values in words. */
  readonly field: string;
  readonly predicted: string;
  readonly seen: string;
  /** The rules without which it is as predicted; the planted one has no text. */
  readonly rules: readonly WalkRule[];
}

export interface WalkRule {
  readonly rule: string;
  readonly text: string | null;
}

/** What is expected after an action, in one of the orders in which tasks may run; without an action: in another order. */
export interface WalkStep {
  readonly action: string;
  readonly tasks: readonly string[];
}
const stepShape = record({ action: text, tasks: list(text, 6) });

export interface WalkRun {
  readonly walks: number;
  readonly undecided: number;
  readonly unconfirmed: number;
  /** How many walks differ; `findings` has one of each kind. */
  readonly differing: number;
  readonly findings: readonly WalkFinding[];
  /** Rules that this kernel lacks. */
  readonly lacking: readonly WalkRule[];
  /** Why none could be taken, or decided. */
  readonly skipped: string | null;
  readonly steps: readonly WalkStep[];
}

const TOTALS =
  /^(\d+) walks, .* (\d+) undecided, (\d+) not confirmed, (\d+) findings of \d+ kinds$/;

/**
 * Lets the probe take walks.
 *
 * @param onWalks is passed how many were taken so far
 * @throws InputError if it refuses a document or a rule; what `runProbe` throws
 */
export async function takeWalks(
  args: readonly string[],
  { onWalks, ...options }: RunOptions & { readonly onWalks?: (walks: number) => void } = {},
): Promise<WalkRun> {
  const [findings, lacking, steps]: [WalkFinding[], WalkRule[], WalkStep[]] = [[], [], []];
  let [walks, undecided, unconfirmed, differing] = [0, 0, 0, 0];
  let skipped: string | null = null;
  let refused: string | undefined;
  let next = { index: null as number | null, field: "", predicted: "", seen: "" };
  let rules: WalkRule[] = [];
  const note = (line: string) => {
    const [, found] = /^finding \d+: walk (\d+)$/.exec(line) ?? [];
    if (found !== undefined) next = { ...next, index: Number(found) };
    const [, planted] =
      /^The difference vanishes without the alteration (T\d+)\.$/.exec(line) ?? [];
    if (planted !== undefined) rules.push({ rule: planted, text: null });
    const [, rule, text = null] = /^rule (T\d+): (.*)$/.exec(line) ?? [];
    if (rule !== undefined) rules.push({ rule, text });
    const [, lack, sentence = null] = /^this kernel lacks (T\d+): (.*)$/.exec(line) ?? [];
    if (lack !== undefined) lacking.push({ rule: lack, text: sentence });
    if (line.startsWith("step ")) steps.push(stepShape(parseJson(line.slice(5)), "the probe"));
    const totals = TOTALS.exec(line)?.slice(1).map(Number);
    if (totals === undefined) return;
    [walks = 0, undecided = 0, unconfirmed = 0, differing = 0] = totals;
    onWalks?.(walks);
  };
  const take = (line: string) => {
    refused ??= /^Bail out! document \d+: (.*)|^probe: wrong option or value: (--plant)/
      .exec(line)
      ?.slice(1)
      .find(Boolean);
    const entry = entryOf(line);
    if (entry?.is === "difference") next = { ...next, ...entry };
    else if (entry?.is === "walk") {
      const { field, predicted, seen, index } = next;
      const walk = walkShape(parseJson(entry.text), "the probe");
      findings.push({ index, walk, field, predicted, seen, rules });
      rules = [];
    } else if (entry?.is === "result" && entry.directive === "SKIP") skipped = entry.reason;
    else if (entry?.is === "note") note(entry.text.trim());
  };
  await runProbe(HOST_ARCH, args, take, options).catch((cause) => {
    if (refused === undefined) throw cause;
  });
  if (refused === "--plant") throw new InputError("--plant: there is no such rule about tasks");
  if (refused !== undefined) throw new InputError(refused);
  return { walks, undecided, unconfirmed, differing, findings, lacking, skipped, steps };
}
