import type { Annotator } from "../annotate.ts";
import type { LaneMoment, Moment, Moments } from "../moment.ts";
import { stepNumber } from "../view/told.ts";
import { draw, type Line, prose, say } from "./frame.ts";

/** How wide the terms of /proc are. */
const TERM = 10;

/** The lane whose /proc is shown: the one that the step is about, if the kernel was asked about it, or the subject. */
export function aboutAt(moments: Moments, { step, subject, index }: Moment): string {
  const about = step?.about ?? subject;
  return moments.lane(about, index).kernel === null ? subject : about;
}

/** What /proc says of a lane, and what of it is new. */
export function tellKernel(
  { kernel }: LaneMoment,
  index: number,
  annotator: Annotator,
  width: number,
): Line[] {
  if (kernel === null) return prose("The kernel was not asked yet.", width, "faint", "  ");
  const { step, value } = kernel;
  const note = step === index ? [] : prose(`as of step ${stepNumber(step)}`, width, "faint", "  ");
  const fresh = new Map(newRows({ kernel }, index, annotator));
  const rows = annotator.kernelRows(value).flatMap(([term, value]) => {
    const [mark, style] = fresh.has(term) ? (["*", "changed"] as const) : ([" ", "plain"] as const);
    return prose(value, width, style, `${mark} ${term.padEnd(TERM)}`);
  });
  return [...note, ...rows];
}

/** What is new in /proc, in a line. */
export function tellNews(
  known: LaneMoment,
  index: number,
  annotator: Annotator,
  width: number,
): Line[] {
  const fresh = newRows(known, index, annotator);
  if (fresh.length === 0) return [];
  return prose(fresh.map((row) => row.join(" ")).join("; "), width, "changed", "* /proc: ");
}

/** The terms whose values differ from those that the kernel reported before. */
function newRows({ kernel }: Pick<LaneMoment, "kernel">, index: number, annotator: Annotator) {
  if (kernel === null || kernel.before === null || kernel.step !== index) return [];
  const known = new Map(annotator.kernelRows(kernel.before));
  return annotator.kernelRows(kernel.value).filter(([term, value]) => known.get(term) !== value);
}

/** The memory map, as it was reported last. */
export function tellMemory({ memory }: LaneMoment, index: number, width: number): Line[] {
  if (memory === null) return prose("It was not looked at yet.", width, "faint", "  ");
  const { value } = memory;
  const changed = memory.step === index;
  const mappings = value.length === 1 ? "1 mapping" : `${value.length} mappings`;
  return [
    [draw(changed ? "* " : "  ", "changed"), say(mappings, changed ? "changed" : "faint")],
    ...value.flatMap((mapping) => prose(mapping, width, "plain", "  ")),
  ];
}
