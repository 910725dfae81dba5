import { openAssemblyEncoder } from "../../encoder/assembly.ts";
import type { KernelView, Recording } from "../recording.ts";
import { kernelRows, memoryAt, stepNumber } from "../view/told.ts";
import { draw, type Line, prose, say } from "./frame.ts";

/** How wide the terms of /proc are. */
const TERM = 10;

let constants: ReadonlyMap<string, bigint> | undefined;

/** What /proc says of the thread that a step is about, and what of it is new. */
export function tellKernel(recording: Recording, index: number, width: number): Line[] {
  const [from, view] = lastView(recording, index);
  if (view === undefined) return prose("The kernel was not asked yet.", width, "faint", "  ");
  const note = from === index ? [] : prose(`as of step ${stepNumber(from)}`, width, "faint", "  ");
  const fresh = newTerms(recording, index);
  const rows = rowsOf(view).flatMap(([term, value]) => {
    const [mark, style] = fresh.has(term) ? (["*", "changed"] as const) : ([" ", "plain"] as const);
    return prose(value, width, style, `${mark} ${term.padEnd(TERM)}`);
  });
  return [...note, ...rows];
}

/** What is new in /proc, in a line. */
export function tellNews(recording: Recording, index: number, width: number): Line[] {
  const view = recording.steps[index]?.kernel;
  const fresh = newTerms(recording, index);
  if (!view || fresh.size === 0) return [];
  const told = rowsOf(view).filter(([term]) => fresh.has(term));
  return prose(told.map((row) => row.join(" ")).join("; "), width, "changed", "* /proc: ");
}

/** The terms whose values are others than when the kernel was asked before. */
function newTerms(recording: Recording, index: number): Set<string> {
  const step = recording.steps[index];
  const [, before] = lastView(recording, index - 1, step?.about);
  if (!step?.kernel || before === undefined) return new Set();
  const known = new Map(rowsOf(before));
  const fresh = rowsOf(step.kernel).filter(([term, value]) => known.get(term) !== value);
  return new Set(fresh.map(([term]) => term));
}

function rowsOf(view: KernelView): (readonly [string, string])[] {
  constants ??= openAssemblyEncoder("amd64").constants;
  return kernelRows(view, constants);
}

/** The last view of a thread up to a step, and the index of the step that has it. */
function lastView(
  { steps }: Recording,
  index: number,
  about = steps[index]?.about,
): [number, KernelView | undefined] {
  for (let i = index; i >= 0; i--) {
    const step = steps[i];
    if (step?.about === about && step?.kernel) return [i, step.kernel];
  }
  return [-1, undefined];
}

/** The memory map, as it was told last. */
export function tellMemory(recording: Recording, index: number, width: number): Line[] {
  const memory = memoryAt(recording, index);
  if (memory === null) return prose("It was not looked at yet.", width, "faint", "  ");
  const changed = recording.steps[index]?.kernel?.memory === memory;
  const mappings = memory.length === 1 ? "1 mapping" : `${memory.length} mappings`;
  return [
    [draw(changed ? "* " : "  ", "changed"), say(mappings, changed ? "changed" : "faint")],
    ...memory.flatMap((mapping) => prose(mapping, width, "plain", "  ")),
  ];
}
