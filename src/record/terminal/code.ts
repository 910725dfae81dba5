import type { Code, Recording } from "../recording.ts";
import { draw, type Line, prose, type Span, say } from "./frame.ts";

/** From this width on there is room for the bytes of instructions. */
const WIDE = 60;
const BYTES = 22;

export interface CodePane {
  readonly name: string;
  readonly lines: readonly Line[];
  /** The line that has to be seen. */
  readonly current: number;
}

/** The code that a step's instruction belongs to, or that its thread is in. */
export function tellCode(recording: Recording, index: number, width: number): CodePane {
  const step = recording.steps[index];
  const rip = ripAt(recording, index);
  const executed = step?.instruction ?? null;
  const code =
    executed === null
      ? recording.code.find((each) => lineAt(each, rip) !== undefined)
      : recording.code.find(({ name }) => name === executed.code);
  if (code === undefined) {
    return {
      name: "code",
      lines: prose("The thread is in no code of stublab's.", width, "faint"),
      current: 0,
    };
  }
  const lines: Line[] = [];
  const now = lineAt(code, rip);
  let current = 0;
  for (const line of code.lines) {
    if (line.label !== null) lines.push([say(`  ${line.label}:`, "faint")]);
    const mark = markOf(line.offset, executed?.offset, now);
    if (line.offset === (executed?.offset ?? now)) current = lines.length;
    const bytes = width < WIDE ? "" : line.bytes.slice(0, BYTES).padEnd(BYTES);
    const style = mark === "▶" ? "strong" : "plain";
    lines.push([
      draw(`${mark} `, "strong"),
      say(`+${line.offset}`.padEnd(4), "faint"),
      say(bytes, "faint"),
      say(line.text, style),
    ]);
  }
  return { name: code.name, lines, current };
}

/** ▶ was executed with this step, ▷ is where RIP is after it. */
function markOf(
  offset: number,
  executed: number | undefined,
  now: number | undefined,
): Span["text"] {
  if (offset === executed) return "▶";
  return offset === now ? "▷" : " ";
}

/** RIP of the thread that a step is about, as it was told last. */
function ripAt({ steps }: Recording, index: number): bigint | undefined {
  const about = steps[index]?.about;
  for (let i = index; i >= 0; i--) {
    const step = steps[i];
    const rip = step?.about === about ? step?.registers?.after.rip : undefined;
    if (rip !== undefined) return BigInt(rip);
  }
  return undefined;
}

/** The offset of the line that an address is the beginning of. */
function lineAt({ base, lines }: Code, address: bigint | undefined): number | undefined {
  if (address === undefined) return undefined;
  return lines.find(({ offset }) => BigInt(base) + BigInt(offset) === address)?.offset;
}
