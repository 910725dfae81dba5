import { parseRecording } from "../src/record/load.ts";
import type { Recording } from "../src/record/recording.ts";

/** What strings of others may hold, and what no view may obey, choke on or pass on. */
export const HOSTILE: readonly string[] = [
  '</script><script>document.title="run"</script>',
  "--><img src=x onerror=alert(1)><!--",
  '"\' onfocus=alert(1) x="',
  "two\nlines\r\nand\ta tab",
  "a; b # c %% d",
  "end",
  "#35;#quot;&lt;&#60;b&#62;ﬂ°°60¶ß",
  "%%{init: {'theme': 'dark'}}%%",
  "style a:b#c;",
  "wrap: $$x^2$$ <br/> @{x} : -->> -x",
  "\u202egnp.exe\u202c \u2066isolated\u2069 שלום",
  "\0\x07\x1b[31mred\x1b[0m\x1b]0;title\x07\x7f\x9b31m",
  "half \ud800 of a pair, and the other \udc00",
  "__proto__",
  "constructor",
  "",
  "   ",
  "```\n# heading [link](javascript:alert(1))",
  `10 kB ${"long".repeat(2500)}`,
  "a\u0301\u0302\u0303\u0304\u0305 \u200b\u{e0041}\u00ad",
];

/**
 * A real recording with every string in it that may be anything replaced by something hostile: it is a valid
 * document all the same.
 */
export function hostileRecording(real: Recording): Recording {
  let next = 0;
  const hostile = () => HOSTILE[next++ % HOSTILE.length] ?? "";
  /** The same name for the same thing, and no other for two things. */
  const renamer = () => {
    const names = new Map<string, string>();
    return (name: string) => {
      const known = names.get(name) ?? unlike(new Set(names.values()), hostile());
      names.set(name, known);
      return known;
    };
  };
  const [lane, code, register] = [renamer(), renamer(), renamer()];
  const registers = (all: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(all).map(([name, word]) => [register(name), word]));
  const recording: Recording = {
    ...real,
    stublab: hostile(),
    scenario: hostile(),
    title: hostile(),
    introduction: [...real.introduction, ...HOSTILE].map(hostile),
    machine: { ...real.machine, kernel: hostile() },
    encoder: hostile(),
    lanes: real.lanes.map(({ id, pid }) => ({ id: lane(id), role: hostile(), pid })),
    steps: real.steps.map((step) => ({
      ...step,
      lane: lane(step.lane),
      about: lane(step.about),
      title: hostile(),
      why: hostile(),
      instruction: step.instruction && {
        ...step.instruction,
        code: code(step.instruction.code),
      },
      call: step.call && {
        name: hostile(),
        arguments: step.call.arguments.map(({ word }) => ({ word, told: hostile() })),
        result: step.call.result && { word: step.call.result.word, told: hostile() },
      },
      registers: step.registers && {
        before: registers(step.registers.before),
        after: registers(step.registers.after),
      },
      kernel: step.kernel && {
        ...step.kernel,
        state: hostile(),
        memory: step.kernel.memory?.map(hostile) ?? null,
      },
      observer: step.observer === null ? null : hostile(),
    })),
    arrows: real.arrows.map((arrow) => ({ ...arrow, label: hostile() })),
    questions: real.questions.map((question) => ({
      ...question,
      text: hostile(),
      choices: question.choices.map(hostile),
      because: hostile(),
      replies: question.replies.map(hostile),
    })),
    code: real.code.map(({ name, base, lines }) => ({
      name: code(name),
      base,
      lines: lines.map(({ offset, label }) => ({
        offset,
        bytes: hostile(),
        text: hostile(),
        label: label === null ? null : hostile(),
      })),
    })),
    observed: real.observed.map(hostile),
    end: real.end.map(({ held }) => ({
      fact: hostile(),
      expected: hostile(),
      seen: hostile(),
      held,
    })),
  };
  return parseRecording(JSON.stringify(recording));
}

/** `name`, or longer where others have it. */
function unlike(others: ReadonlySet<string>, name: string): string {
  return others.has(name) ? unlike(others, `${name}'`) : name;
}
