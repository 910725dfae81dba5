// The explanation: a step, a question, the introduction, the end.

import { counted } from "../../../lib/page/figures.ts";
import { lessonAfter, summaryOf } from "../course.ts";
import { lessonText } from "../lesson_text.ts";
import { choiceOrder, deedOf, scoreOf, sinceAt, verdictOf } from "../reading.ts";
import { type Block, rowsOf, STAGED, tell, tellEnd, tellIntroduction } from "../tell.ts";
import { draw, type Line, prose, type Style, say } from "./frame.ts";
import type { State } from "./state.ts";

/** A step, or the question before it; and how many of the lines have to be seen. */
export function explain(state: State, width: number): readonly [lines: Line[], seen: number] {
  return state.asked === null
    ? [tellStep(state, width), 0]
    : tellQuestion(state, state.asked, width);
}

/** How blocks are painted. */
const STYLES: Readonly<Partial<Record<Block["kind"], Style>>> = {
  heading: "strong",
  title: "strong",
  call: "faint",
  observer: "faint",
  link: "faint",
  news: "changed",
};

function layOut(block: Block, width: number): Line[] {
  const style = block.kind === "fact" && !block.held ? "bad" : STYLES[block.kind];
  const gap = block.kind === "heading" || block.kind === "paragraph" ? [[]] : [];
  const lines = rowsOf(block).flatMap(([label, text]) => prose(text, width, style, label));
  return [...gap, ...lines];
}

/** A step. What changed in its registers and its memory, and the detail, fold under it. */
function tellStep(state: State, width: number): Line[] {
  const { moments, annotator, at, reached } = state;
  const lines = tell(moments, annotator, at, sinceAt(state)).flatMap((block) => {
    if (["value", "memory", "detail"].includes(block.kind)) return [];
    if (block.kind === "link" && block.step > reached) return [];
    if (block.kind === "title") {
      const { text, lane, staged } = block;
      const title = prose(text, width, staged ? "faint" : "strong", `${lane}: `);
      return staged ? [...title, [say(`(${STAGED})`, "faint")]] : title;
    }
    if (block.kind !== "news") return layOut(block, width);
    const rows = block.rows.filter(({ changed }) => changed);
    return rows.length === 0 ? [] : layOut({ ...block, rows }, width);
  });
  const verdicts = moments.questionsAt(at).flatMap((i) => verdictOf(state, i));
  return [...lines, ...verdicts.flatMap(([label, text, tone]) => prose(text, width, tone, label))];
}

function tellQuestion(state: State, index: number, width: number): readonly [Line[], number] {
  const { text = "", choices = [] } = state.recording.questions[index] ?? {};
  const lines = prose(text, width, "strong");
  let seen = 0;
  for (const [i, choice] of choiceOrder(state, index).entries()) {
    const isPicked = i === state.picked;
    const style = isPicked ? "strong" : "plain";
    const [head = [], ...more] = prose(choices[choice] ?? "", width - 1, style, ` ${i + 1}  `);
    lines.push([draw(isPicked ? "▶" : " ", "strong"), ...head]);
    lines.push(...more.map((line) => [draw(" "), ...line]));
    if (isPicked) seen = lines.length;
  }
  return [lines, seen];
}

export function tellBeginning({ recording, moments, reached }: State, width: number): Line[] {
  const count = recording.questions.length;
  const asks = count === 0 ? "" : ` On the way you are asked ${counted(count, "question")}.`;
  const deed = deedOf(recording)?.deed;
  const keys = ["→ goes to the first event", ...(deed === undefined ? [] : [`x: ${deed}`])];
  const [title, crux, ...blocks] = tellIntroduction(recording).map((block) =>
    // The pid of a process that does not exist yet is not known.
    block.kind === "lane" && !moments.isThere(block.id, reached) ? { ...block, pid: null } : block,
  );
  const laidOut = (...of: (Block | undefined)[]) =>
    of.flatMap((block) => (block === undefined ? [] : layOut(block, width)));
  return [
    ...laidOut(title, crux),
    [],
    [draw(keys.join("   "), "strong")],
    ...laidOut(...blocks),
    [],
    ...prose(`Nothing runs while you look.${asks}`, width, "faint"),
    [draw("`stublab lesson --help` has all keys and signs.", "faint")],
  ].slice(1);
}

/** The next lesson, and the tasks of this one. */
export function offersOf({ recording, tasks }: State): string[] {
  const next = lessonAfter(recording.scenario);
  return [
    ...(next === undefined ? [] : [`Next: stublab lesson ${next}  # ${summaryOf(next)}`]),
    ...tasks.map(({ name, title }) => `Task: stublab lesson task ${name}  # ${title}`),
  ];
}

/** The score, the next lesson and the tasks of this one, what must be true in the end, and what to try. */
export function tellEnding(state: State, width: number): Line[] {
  const { scenario, machine } = state.recording;
  const { questions, answered, right } = scoreOf(state);
  const score = `You answered ${answered} of ${counted(questions, "question")}; right: ${right}.`;
  const trials = lessonText(scenario, machine.arch)?.try ?? [];
  const blocks: Block[] = [
    { kind: "heading", text: questions === 0 ? "" : score },
    ...offersOf(state).map((text) => ({ kind: "prose", text }) as const),
    ...tellEnd(state.recording),
    ...(trials.length === 0 ? [] : [{ kind: "heading", text: "Try it" } as const]),
    ...trials.map((text) => ({ kind: "item", text: text.replaceAll("`", "") }) as const),
  ];
  return blocks.flatMap((block) => layOut(block, width)).slice(1);
}
