import { counted } from "../../../lib/page/figures.ts";
import { tellDiscarded, tellFact } from "../fact.ts";
import { choiceOrder, replyTo, scoreOf } from "../reading.ts";
import type { Recording } from "../recording.ts";
import { lessonAfter, SCENARIOS } from "../scenarios.ts";
import { type Block, rowsOf, STAGED, stepNumber, tell } from "../tell.ts";
import { readLesson } from "../view/lessons.ts";
import { draw, type Line, prose, type Style, say } from "./frame.ts";
import type { State } from "./state.ts";

/** What a step is, and what it is for. Its registers and its memory have panes of their own. */
export function tellStep(
  { moments, annotator, reached }: Pick<State, "moments" | "annotator" | "reached">,
  index: number,
  width: number,
): Line[] {
  return tell(moments, annotator, index).flatMap((block) => layOut(block, reached, width));
}

/** How blocks are painted. */
const STYLES: Readonly<Partial<Record<Block["kind"], Style>>> = {
  title: "strong",
  call: "faint",
  observer: "faint",
  link: "faint",
  news: "changed",
};

function layOut(block: Block, reached: number, width: number): Line[] {
  if (block.kind === "value" || block.kind === "memory") return [];
  if (block.kind === "link" && block.step > reached) return [];
  if (block.kind === "title") {
    const { text, lane, staged } = block;
    const title = prose(text, width, staged ? "faint" : "strong", `${lane}: `);
    return staged ? [...title, [say(`(${STAGED})`, "faint")]] : title;
  }
  if (block.kind === "news") {
    const rows = block.rows.filter(({ changed }) => changed);
    return rows.length === 0 ? [] : layOutRows({ ...block, rows }, width);
  }
  return layOutRows(block, width);
}

function layOutRows(block: Block, width: number): Line[] {
  return rowsOf(block).flatMap(([label, text]) => prose(text, width, STYLES[block.kind], label));
}

/** What became of the questions of a step. */
export function tellAnswers(state: State, index: number, width: number): Line[] {
  return state.moments.questionsAt(index).flatMap((i) => tellAnswer(state, i, width));
}

function tellAnswer(state: State, index: number, width: number): Line[] {
  const question = state.recording.questions[index];
  const chosen = state.answers.get(index);
  if (question === undefined || chosen === undefined) return [];
  const { answer, because, choices } = question;
  const place = (choice: number) => choiceOrder(state, index).indexOf(choice) + 1;
  const reply = replyTo(state, index, chosen);
  if (chosen === answer) return prose(reply, width, "plain", "Right! ");
  const refuted = chosen === null || reply === because ? "" : ` ${reply}`;
  const right = `${place(answer)}. ${choices[answer]}`;
  return [
    ...(chosen === null ? [] : prose(`Not ${place(chosen)}.${refuted}`, width, "bad")),
    ...prose(right, width, "good", "Answer: "),
    ...prose(because, width),
  ];
}

/** A question, before its step is seen, and which of its lines has to be seen. */
export function tellQuestion(
  state: State,
  index: number,
  width: number,
): readonly [Line[], number] {
  const { text = "", choices = [] } = state.recording.questions[index] ?? {};
  const lines = prose(text, width, "strong");
  let current = 0;
  for (const [i, choice] of choiceOrder(state, index).entries()) {
    const isPicked = i === state.picked;
    if (isPicked) current = lines.length;
    const style = isPicked ? "strong" : "plain";
    const [head = [], ...more] = prose(choices[choice] ?? "", width - 1, style, ` ${i + 1}  `);
    lines.push([draw(isPicked ? "▶" : " ", "strong"), ...head]);
    lines.push(...more.map((line) => [draw(" "), ...line]));
  }
  return [lines, current];
}

/** What a reader needs before the first step. */
export function tellIntroduction({ recording, moments, reached }: State, width: number): Line[] {
  const { title, introduction, lanes, observed, encoder, machine, questions } = recording;
  const paragraphs = introduction.flatMap((text) => [[], ...prose(text, width)]);
  const asks =
    questions.length === 0
      ? ""
      : ` On the way you are asked ${counted(questions.length, "question")}.`;
  return [
    ...prose(title, width, "strong"),
    ...paragraphs,
    [],
    ...lanes.flatMap(({ id, pid, role }) => {
      const name = moments.isThere(id, reached) ? `${id} (${pid})` : id;
      return prose(role, width, "plain", `${name}: `);
    }),
    [],
    [say("What the observer changed", "strong")],
    ...observed.flatMap((text) => prose(text, width, "plain", "- ")),
    [],
    ...prose(
      `Recorded on Linux ${machine.kernel} (${machine.arch}) with the encoder ${encoder}. Nothing runs while you look.${asks}`,
      width,
      "faint",
    ),
    [draw("→ goes to the first step; ? tells the keys, and the signs.", "strong")],
  ];
}

/** The score, where to go on, what must be true in the end, and what to try. */
export function tellEnd(state: State, width: number): Line[] {
  const facts = state.recording.end.flatMap((fact) =>
    fact.held
      ? prose(tellFact(fact), width, "plain", "  ok    ")
      : prose(tellFact(fact), width, "bad", "  FAIL  "),
  );
  return [
    ...tellScore(state, width),
    ...tellSequel(state, width),
    [say("In the end", "strong")],
    ...facts,
    ...tellDiscarded(state.recording).flatMap((line) => prose(line, width)),
    ...tellTrials(state.recording, width),
  ];
}

/** The next lesson, the tasks of this one, and where it is described. */
function tellSequel({ recording: { scenario }, tasks }: State, width: number): Line[] {
  const next = lessonAfter(scenario);
  const isLesson = Object.hasOwn(SCENARIOS, scenario);
  const lines = [
    ["Next", next && `stublab lesson ${next}: ${SCENARIOS[next]?.summary}`],
    ...tasks.map(({ name, title }) => ["Task", `stublab lesson task ${name}: ${title}`]),
    ["Page", isLesson && `docs/lessons/${scenario}.md: more questions, and their answers`],
  ].flatMap(([label, text]) => (text ? prose(text, width, "plain", `${label}    `) : []));
  return lines.length === 0 ? [] : [...lines, []];
}

/** The suggestions of the lesson's page, without the marks of code. */
function tellTrials({ scenario }: Recording, width: number): Line[] {
  const trials = readLesson(scenario).get("Try it")?.replaceAll(/[`*]/g, "").split(/^- /m) ?? [];
  const told = trials.map((trial) => trial.replaceAll(/\s+/g, " ").trim()).filter(Boolean);
  if (told.length === 0) return [];
  return [
    [],
    [say("Try it", "strong")],
    ...told.flatMap((each) => prose(each, width, "plain", "- ")),
  ];
}

function tellScore(state: State, width: number): Line[] {
  const { questions, answered, right } = scoreOf(state);
  if (questions === 0) return [];
  const score = `You answered ${answered} of ${counted(questions, "question")}; right: ${right}.`;
  const open = state.recording.questions.filter((_, i) => !state.answers.has(i));
  const steps = [...new Set(open.map(({ step }) => stepNumber(step)))].join(", ");
  return [
    ...prose(score, width, right === questions ? "good" : "strong"),
    ...(steps === "" ? [] : prose(`Not asked: those of step ${steps}; g goes there.`, width)),
    [],
  ];
}
