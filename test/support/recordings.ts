import { recordLesson } from "../../src/labs/record/index.ts";
import { STUB_CODE } from "../../src/labs/record/listing.ts";
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

/** The target of a jump's text, as an offset; undefined for other texts. */
export function targetOf(code: Code, text: string): number | undefined {
  const [, label] = /^j\w+ (\w+)/.exec(text) ?? [];
  if (label === undefined) return undefined;
  return code.lines.find((line) => line.label === label)?.offset;
}

/** A lane's way through the stub code: the offset of its first instruction, and the jumps that it takes. */
export function wayOf(recording: Recording, lane: string): [start: number, ...jumps: string[]] {
  const { base, lines } = codeOf(recording, STUB_CODE);
  const executed = instructionsOf(recording, lane, STUB_CODE);
  const jumps = executed.flatMap(({ instruction, registers }) => {
    const line = lines.findIndex(({ offset }) => offset === instruction?.offset);
    const to = Number(BigInt(registers?.after.rip ?? 0) - BigInt(base));
    const text = lines[line]?.text;
    return registers === null || text === undefined || to === lines[line + 1]?.offset ? [] : [text];
  });
  return [executed[0]?.instruction?.offset ?? -1, ...jumps];
}

/** The steps of a recording over and over, up to so many. */
export function prolonged(recording: Recording, count: number): Recording {
  const { steps } = recording;
  const again = Array.from({ length: count }, (_, i) => steps[i % steps.length] ?? []).flat();
  return { ...recording, steps: again.map((step, i) => ({ ...step, microseconds: i })) };
}
