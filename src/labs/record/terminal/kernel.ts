import { counted } from "../../../lib/page/figures.ts";
import type { Annotator } from "../annotate.ts";
import { isOld, type Known, type LaneMoment } from "../moment.ts";
import { tellState } from "../proc.ts";
import { stepNumber } from "../tell.ts";
import { draw, type Line, prose, say } from "./frame.ts";

/** How wide the terms of /proc are. */
const TERM = 10;

/** What /proc says of a lane, and what of it is new. */
export function tellKernel(
  known: LaneMoment,
  index: number,
  annotator: Annotator,
  width: number,
): Line[] {
  const { kernel } = known;
  if (kernel === null) return prose("The kernel was not asked yet.", width, "faint", "  ");
  const usual = isOld(known, kernel, index) ? "faint" : "plain";
  const rows = annotator.kernelRows(known, index).flatMap(({ term, value, changed }) => {
    const style = changed ? "changed" : usual;
    return prose(value, width, style, `${changed ? "*" : " "} ${term.padEnd(TERM)}`);
  });
  return [...tellAge(known, kernel, index, width), ...rows];
}

/** When values were reported, if that was not with this step; and what the lane does meanwhile. */
export function tellAge(
  known: LaneMoment,
  value: Known<unknown>,
  index: number,
  width: number,
): Line[] {
  if (value.step === index) return [];
  const step = stepNumber(value.step);
  if (!isOld(known, value, index)) return prose(`as of step ${step}`, width, "faint", "  ");
  return prose(
    `now ${tellState(known.state ?? "")}; values of step ${step}`,
    width,
    "strong",
    "  ",
  );
}

/** The memory map, as it was reported last. */
export function tellMemory({ memory }: LaneMoment, index: number, width: number): Line[] {
  if (memory === null) return prose("It was not looked at yet.", width, "faint", "  ");
  const { value } = memory;
  const changed = memory.step === index;
  const count = counted(value.length, "mapping");
  return [
    [draw(changed ? "* " : "  ", "changed"), say(count, changed ? "changed" : "faint")],
    ...value.flatMap((mapping) => prose(mapping, width, "plain", "  ")),
  ];
}
