// A recording as a sequence of messages between its lanes and of notes beside them.

import { grouped } from "../../../lib/group.ts";
import { counted } from "../../../lib/page/figures.ts";
import type { Arrow, Recording, Step } from "../recording.ts";

export type Item = Message | Note;

/** Something that goes from one lane to another, or comes back to it. */
export interface Message {
  readonly kind: Arrow["kind"] | "request";
  readonly from: string;
  readonly to: string;
  readonly text: string;
  /** The index of its step. */
  readonly step: number;
}

/** Something that concerns one lane. */
export interface Note {
  readonly kind: "note" | "exit";
  readonly lane: string;
  readonly text: string;
  /** The indices of the first and the last of its steps. */
  readonly step: number;
  readonly last: number;
}

/** Items in the order in which one reads them; a run of instructions is one. */
export function tellStory({ steps, arrows }: Recording): Item[] {
  const items: Item[] = [];
  const arriving = grouped(arrows, ({ to }) => to);
  const touched = new Set(arrows.flatMap(({ from, to }) => [from, to]));
  const isPlain = (step: Step | undefined, i: number) =>
    step?.kind === "instruction" && step.lane === step.about && !touched.has(i);

  for (let i = 0; i < steps.length; i++) {
    const [step, told] = [steps[i], (arriving.get(i) ?? []).filter((arrow) => !isTold(arrow))];
    if (step === undefined) continue;
    let last = i;
    while (isPlain(step, i) && isPlain(steps[last + 1], last + 1) && isSameLane(last, last + 1)) {
      last++;
    }
    // What a wait4 answers comes after the call; whatever else arrives is why the step happens.
    items.push(...told.filter(({ kind }) => kind !== "wait").map(message));
    items.push(own(step, i, last));
    items.push(...told.filter(({ kind }) => kind === "wait").map(message));
    i = last;
  }
  return items;

  function isSameLane(i: number, j: number): boolean {
    return steps[i]?.lane === steps[j]?.lane;
  }

  /** Whether its first step is itself a message between the same two lanes. */
  function isTold({ from, to }: Arrow): boolean {
    const [first, second] = [steps[from], steps[to]];
    if (first === undefined || first.kind === "note") return false;
    return first.lane !== first.about && first.about === second?.lane;
  }

  function message({ kind, from, to, label }: Arrow): Message {
    return {
      kind,
      from: steps[from]?.lane ?? "",
      to: steps[to]?.lane ?? "",
      text: label,
      step: to,
    };
  }

  function own(step: Step, i: number, last: number): Item {
    const { lane, about, kind, title: text } = step;
    if (lane !== about && kind !== "note") {
      return { kind: kind === "signal" ? kind : "request", from: lane, to: about, text, step: i };
    }
    const run = last > i ? tellRun(steps.slice(i, last + 1)) : text;
    return { kind: kind === "exit" ? "exit" : "note", lane, text: run, step: i, last };
  }
}

/** "8 instructions: mov $157, %eax … jne leave". */
function tellRun(steps: readonly Step[]): string {
  const text = (step: Step | undefined) => step?.title.split("  #")[0] ?? "";
  return `${counted(steps.length, "instruction")}: ${text(steps[0])} … ${text(steps.at(-1))}`;
}
