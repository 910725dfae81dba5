// Two recordings beside each other, as text: how far they are the same, and both from the step where they part.

import { openAssemblyEncoder } from "../../core/encoder/assembly.ts";
import { counted } from "../../lib/page/figures.ts";
import { visible } from "../../lib/visible.ts";
import { Annotator, LEAST_PID } from "./annotate.ts";
import { expectRecording } from "./load.ts";
import { Moments } from "./moment.ts";
import type { Recording } from "./recording.ts";
import { stepNumber } from "./tell.ts";
import { wrap } from "./wrap.ts";

/** The lowest word that counts as an address. Two recordings have other addresses, so all are equal. */
const LEAST_ADDRESS = 1n << 32n;

/** The fields of /proc that are pids. */
const PID_FIELDS: readonly string[] = ["PPid", "TracerPid", "NSsid"];

/** A title, a register or a field of /proc after a step: as it is shown and compared, and whether the step has changed it. */
type Value = readonly [shown: string, compared: string, changed: boolean];

/**
 * Steps are the same if kind, lane and title agree, and what they changed in registers and /proc. Pids are compared by
 * their lanes, and addresses outside the code not at all.
 *
 * @throws InputError if one is not a recording
 */
export function renderBeside(left: Recording, right: Recording, width = 80): string {
  expectRecording(left);
  expectRecording(right);
  const column = Math.max(20, Math.floor((width - 3) / 2));
  const lines: string[] = [];
  const add = (ours: string, theirs: string) => {
    const [one, other] = [ours, theirs].map((text) => wrap(visible(text), column));
    for (let i = 0; i < Math.max(one?.length ?? 0, other?.length ?? 0); i++) {
      lines.push(`${(one?.[i] ?? "").padEnd(column)} | ${other?.[i] ?? ""}`.trimEnd());
    }
  };
  const [a, b] = [valuesOf(left), valuesOf(right)];
  const most = Math.max(left.steps.length, right.steps.length);
  let part = 0;
  while (part < most && differencesOf(a(part), b(part)).length === 0) part++;
  const differences = differencesOf(a(part), b(part));

  add(left.title, right.title);
  add(...both(left, right, ({ scenario, steps }) => `${scenario}, ${steps.length} steps`));
  const why = differences.flatMap(([what]) => (what === "title" ? [] : what)).join(", ");
  const parting = `They part at step ${stepNumber(part)}${why === "" ? "" : `: ${why}`}.`;
  const told = part === most ? "They do not part: all steps are the same." : parting;
  lines.push("", ...wrap(visible(told), width), "");
  if (part > 0) lines.push(`… ${counted(part, "step")} the same: 1 to ${part}`, "");
  for (let i = part; i < most; i++) {
    add(
      ...both(left, right, ({ steps: { [i]: step } }) =>
        step === undefined ? "" : `${stepNumber(i)} ${step.lane}: ${step.title}`,
      ),
    );
    if (i > part) continue;
    for (const [what, ours, theirs] of differences) {
      if (what !== "title") add(`${what} ${ours}`, `${what} ${theirs}`);
    }
    add(...both(left, right, ({ steps }) => steps[i]?.why ?? ""));
  }
  return `${lines.join("\n")}\n`;
}

function both<T>(left: T, right: T, tell: (of: T) => string): [string, string] {
  return [tell(left), tell(right)];
}

/** Tells what is known after a step, by names; nothing after the end. */
function valuesOf(recording: Recording): (index: number) => ReadonlyMap<string, Value> {
  const moments = new Moments(recording);
  const annotator = new Annotator(moments, openAssemblyEncoder(recording.machine.arch).constants);
  const { arch, lanesByPid } = moments;
  /** A text in which pids, also negated ones, are lanes, and addresses have no values. */
  const compared = (text: string, isPid = false) =>
    text.replace(/\b(?:0x[\da-f]+|\d+)\b/g, (number) => {
      const word = BigInt(number);
      if (word < LEAST_PID) return number;
      const lane = lanesByPid.get(Number(word)) ?? lanesByPid.get(Number(LEAST_ADDRESS - word));
      if (lane !== undefined) return lane.id;
      return isPid ? "another process" : word < LEAST_ADDRESS ? number : "address";
    });
  return (index) => {
    const values = new Map<string, Value>();
    const step = recording.steps[index];
    if (step === undefined) return values;
    const { kind, lane, about, title, kernel } = step;
    values.set("title", [title, `${kind} ${lane} ${about} ${compared(title)}`, true]);
    const moment = moments.at(index);
    const registers = moment.subject === about ? annotator.registers(moment) : [];
    for (const { name, after, meaning, changed } of registers) {
      const flags = `${BigInt(after) & ~arch.ARITHMETIC_FLAGS}`;
      const word = compared(meaning ?? `${BigInt.asIntN(64, BigInt(after))}`, name === arch.PARENT);
      const shown = meaning === null ? after : `${after} = ${meaning}`;
      values.set(name, [shown, arch.FLAG_WORDS.includes(name) ? flags : word, changed]);
    }
    if (kernel === null) return values;
    for (const { name, after, before, changed } of annotator.kernelRows(about, index)) {
      const word = compared(after, PID_FIELDS.includes(name));
      // Resident memory depends on the machine.
      if (name !== "VmRSS") values.set(name, [after, word, changed || before === null]);
    }
    return values;
  };
}

/** What one of the steps has changed, and what is not the same after it. */
function differencesOf(
  one: ReadonlyMap<string, Value>,
  other: ReadonlyMap<string, Value>,
): (readonly [what: string, left: string, right: string])[] {
  return [...new Set([...one.keys(), ...other.keys()])].flatMap((what) => {
    const [left = "", word, changed = false] = one.get(what) ?? [];
    const [right = "", otherWord, otherChanged = false] = other.get(what) ?? [];
    return word !== otherWord && (changed || otherChanged) ? [[what, left, right] as const] : [];
  });
}
