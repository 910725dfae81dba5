import { recordLesson } from "../../src/labs/record/index.ts";
import type { Code, Recording, Step } from "../../src/labs/record/recording.ts";

/** The scenarios whose processes live in this one's family. */
export const LESSONS = ["host", "grandchild", "inject", "scrub", "switch"];

const recorded = new Map<string, Recording>();

/** A recording of a scenario, made once in a test file. */
export async function recordingOf(name: string): Promise<Recording> {
  const known = recorded.get(name) ?? (await recordLesson(name));
  recorded.set(name, known);
  return known;
}

/** The steps of a lane that are instructions of a code. */
export function instructionsOf({ steps }: Recording, lane: string, code: string): Step[] {
  return steps.filter((step) => {
    const executed = step.kind === "instruction" || step.kind === "syscall";
    return executed && step.lane === lane && step.instruction?.code === code;
  });
}

/** The code of that name in a recording. */
export function codeOf({ code }: Recording, name: string): Code {
  const found = code.find((each) => each.name === name);
  if (found === undefined) throw new Error(`the recording has no code "${name}"`);
  return found;
}

/** The target of a jump's text, as an offset; undefined where it is none. */
export function targetOf(code: Code, text: string): number | undefined {
  const [, label] = /^j\w+ (\w+)/.exec(text) ?? [];
  if (label === undefined) return undefined;
  return code.lines.find((line) => line.label === label)?.offset;
}

/**
 * The offsets of the instructions on a way through a code, from `start` to its INT3, by its listing alone.
 *
 * @param taken the conditional jumps that are taken, in their order; all others fall through.
 */
export function wayThrough(code: Code, start: number, taken: readonly string[]): number[] {
  const way: number[] = [];
  const open = [...taken];
  for (let index = code.lines.findIndex(({ offset }) => offset === start); ; ) {
    const line = code.lines[index];
    if (line === undefined || way.length > 1000) throw new Error("the way leads nowhere");
    way.push(line.offset);
    if (line.text === "int3" || line.text === "hlt") return way;
    const jumps =
      line.text.startsWith("jmp") || (line.text === open[0] && open.shift() !== undefined);
    const target = jumps ? targetOf(code, line.text) : undefined;
    index =
      target === undefined ? index + 1 : code.lines.findIndex((each) => each.offset === target);
  }
}

/** The steps of a recording over and over, up to so many. */
export function prolonged(recording: Recording, count: number): Recording {
  const { steps } = recording;
  const again = Array.from({ length: count }, (_, i) => steps[i % steps.length] ?? []).flat();
  return { ...recording, steps: again.map((step, i) => ({ ...step, microseconds: i })) };
}
