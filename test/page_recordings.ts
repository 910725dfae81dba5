import type { Recording, Step } from "../src/record/recording.ts";

// Recordings that nobody made, for pages: hostile in every string, or far longer than any scenario.

/** Strings that want to be more than text. */
export const HOSTILE_STRINGS = [
  "</script><script>alert(1)</script>",
  "<!--<script>",
  `"'><img src=x onerror=alert(1)>`,
  "two\nlines\tand\x00\x1b[31m",
  "\u202egnp.exe\u2066 \u05d0\u05d1\u05d2",
  "&lt;b&gt; \ud800 \ufeff\u200b",
  "__proto__",
  "constructor",
  `</title></style>${"x".repeat(10_000)}`,
] as const;

/** A recording in which every string that may be anything is hostile, and so are the names of registers. */
export function hostile(recording: Recording): Recording {
  let next = 0;
  const any = () => `${HOSTILE_STRINGS[next++ % HOSTILE_STRINGS.length]}`;
  const unique = () => `${any()}${next}`;
  const lanes = new Map(recording.lanes.map(({ id }) => [id, unique()]));
  const codes = new Map(recording.code.map(({ name }) => [name, unique()]));
  const renamed = (names: Map<string, string>, name: string) => names.get(name) ?? name;
  const registers = (words: Readonly<Record<string, string>>) =>
    Object.fromEntries([...Object.entries(words), ...HOSTILE_STRINGS.map((name) => [name, "0x1"])]);
  const step = (one: Step): Step => ({
    ...one,
    lane: renamed(lanes, one.lane),
    about: renamed(lanes, one.about),
    title: any(),
    why: any(),
    observer: any(),
    instruction: one.instruction && {
      ...one.instruction,
      code: renamed(codes, one.instruction.code),
    },
    call: one.call && {
      name: any(),
      arguments: one.call.arguments.map(({ word }) => ({ word, told: any() })),
      result: one.call.result && { ...one.call.result, told: any() },
    },
    registers: one.registers && {
      before: one.registers.before,
      after: registers(one.registers.after),
    },
    kernel: one.kernel && {
      ...one.kernel,
      state: any(),
      memory: one.kernel.memory?.map(any) ?? null,
    },
  });
  return {
    ...recording,
    stublab: any(),
    scenario: any(),
    title: any(),
    encoder: any(),
    introduction: HOSTILE_STRINGS,
    observed: HOSTILE_STRINGS,
    machine: { kernel: any(), arch: "amd64" },
    lanes: recording.lanes.map(({ id, pid }) => ({ id: renamed(lanes, id), role: any(), pid })),
    steps: recording.steps.map(step),
    arrows: recording.arrows.map((arrow) => ({ ...arrow, label: any() })),
    questions: recording.questions.map((question) => ({
      ...question,
      text: any(),
      choices: question.choices.map(any),
      because: any(),
      replies: question.replies.map(any),
    })),
    code: recording.code.map(({ name, base, lines }) => ({
      name: renamed(codes, name),
      base,
      lines: lines.map((line) => ({ ...line, bytes: any(), text: any(), label: any() })),
    })),
    end: recording.end.map(() => ({ fact: any(), expected: any(), seen: any(), held: false })),
  };
}

/** The steps of a recording over and over, up to so many. */
export function prolonged(recording: Recording, count: number): Recording {
  const { steps, questions, arrows } = recording;
  const { length } = steps;
  const rounds = Array.from({ length: Math.ceil(count / length) }, (_, i) => i * length);
  const last = steps.at(-1)?.microseconds ?? 0;
  const again = <T>(change: (offset: number) => readonly T[]) => rounds.flatMap(change);
  const isThere = (index: number) => index < count;
  return {
    ...recording,
    steps: again((offset) =>
      steps.map((step) => ({
        ...step,
        microseconds: step.microseconds + (offset / length) * last,
      })),
    ).slice(0, count),
    questions: again((offset) =>
      questions.map((question) => ({ ...question, step: question.step + offset })),
    ).filter(({ step }) => isThere(step)),
    arrows: again((offset) =>
      arrows.map((arrow) => ({ ...arrow, from: arrow.from + offset, to: arrow.to + offset })),
    ).filter(({ from, to }) => isThere(from) && isThere(to)),
  };
}
