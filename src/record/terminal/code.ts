import { INSTRUCTION_POINTER } from "../../stub/amd64.ts";
import type { Code, CodeLine, Recording } from "../recording.ts";
import { draw, type Line, prose, say, widthOf } from "./frame.ts";

/** From this width on there is room for the bytes of instructions. */
const WIDE = 60;
const BYTES = 22;

export interface CodePane {
  readonly name: string;
  /** Whether the thread is in some code of the recording's. */
  readonly known: boolean;
  readonly lines: readonly Line[];
  /** The line that has to be seen. */
  readonly current: number;
}

/** The code that a step's instruction belongs to, or that its thread is in. */
export function tellCode(recording: Recording, index: number, width: number): CodePane {
  const executed = recording.steps[index]?.instruction ?? null;
  const rip = ripAt(recording, index);
  const code = recording.code.find((each) =>
    executed === null ? lineAt(each, rip) !== undefined : each.name === executed.code,
  );
  if (code === undefined)
    return { name: "code", known: false, lines: noCode(rip, width), current: 0 };
  const lines: Line[] = [];
  const now = lineAt(code, rip);
  const wanted = executed?.offset ?? now?.offset;
  let current = 0;
  for (const line of code.lines) {
    if (line.label !== null) lines.push([say(` ${line.label}:`, "faint")]);
    if (line.offset === wanted) current = lines.length;
    const within =
      line === now && rip !== undefined ? Number(rip - BigInt(code.base)) - line.offset : 0;
    // ▶ was executed with this step, ▷ is where RIP is after it.
    const mark = line.offset === executed?.offset ? "▶" : line === now && within === 0 ? "▷" : " ";
    lines.push(tellLine(mark, line, width));
    if (within > 0)
      lines.push([draw("▷", "strong"), say(`+${line.offset + within}, inside of that`, "strong")]);
  }
  return { name: code.name, known: true, lines, current };
}

function tellLine(mark: string, { offset, bytes, text }: CodeLine, width: number): Line {
  const head = [
    draw(mark, "strong"),
    say(`+${offset}`.padEnd(4), "faint"),
    say(width < WIDE ? "" : bytes.slice(0, BYTES).padEnd(BYTES), "faint"),
  ];
  const fits = widthOf(head) + text.length <= width;
  return [...head, say(fits ? text : text.replace("  #", " #"), mark === "▶" ? "strong" : "plain")];
}

function noCode(rip: bigint | undefined, width: number): Line[] {
  const why =
    rip === undefined
      ? "The kernel was not asked where the thread is."
      : "The thread is in none of the recording's code.";
  return prose(why, width, "faint", "  ");
}

/** RIP of the thread that a step is about, as it was told last. */
function ripAt({ steps }: Recording, index: number): bigint | undefined {
  const about = steps[index]?.about;
  for (let i = index; i >= 0; i--) {
    const step = steps[i];
    const rip = step?.about === about ? step?.registers?.after[INSTRUCTION_POINTER] : undefined;
    if (rip !== undefined) return BigInt(rip);
  }
  return undefined;
}

function endOf({ offset, bytes }: CodeLine): number {
  return offset + bytes.split(" ").length;
}

/** The line that an address lies in. */
function lineAt({ base, lines }: Code, address: bigint | undefined): CodeLine | undefined {
  if (address === undefined) return undefined;
  const offset = address - BigInt(base);
  return lines.find((line) => offset >= line.offset && offset < endOf(line));
}
