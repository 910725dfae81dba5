import { renderBeside } from "../labs/record/beside.ts";
import { COURSE, LESSONS, refusalOf, summaryOf } from "../labs/record/course.ts";
import { renderJson } from "../labs/record/load.ts";
import { renderRecordingPage } from "../labs/record/page/page.ts";
import { readerSeed } from "../labs/record/reading.ts";
import type { Recording } from "../labs/record/recording.ts";
import { tasksOf } from "../labs/record/tasks/tasks.ts";
import { stepNumber } from "../labs/record/tell.ts";
import { offersOf } from "../labs/record/terminal/explain.ts";
import { Screen } from "../labs/record/terminal/screen.ts";
import { walkThrough } from "../labs/record/terminal/session.ts";
import { begin } from "../labs/record/terminal/state.ts";
import { renderText } from "../labs/record/text.ts";
import { InputError } from "../lib/errors.ts";
import { counted } from "../lib/page/figures.ts";
import { visible } from "../lib/visible.ts";
import { recordingOf, reportFailures } from "./lesson_recording.ts";
import { checkOutput, writeOutput } from "./output_file.ts";
import { print, publish, talk } from "./report.ts";
import type { Values } from "./table/command.ts";
import type { lesson } from "./table/lesson.ts";
import { parseCount } from "./table/options.ts";

/** The renderer of each form. */
const FORMS = {
  text: (recording: Recording, from: number | undefined) => renderText(recording, { from }),
  json: renderJson,
  record: renderJson,
  html: (recording: Recording) => renderRecordingPage(recording, { tasks: tasksOf(recording) }),
} as const;
const FORM_NAMES = ["text", "json", "record", "html"] as const;

type Options = Values<typeof lesson>;

/** Shows, writes or lists recordings. */
export async function runLesson(names: readonly string[], values: Options): Promise<number> {
  const { pages, encoder, output = values.record ?? values.html ?? "-" } = values;
  if (pages !== undefined) {
    const { writePages } = await import("./lesson_pages.ts");
    return writePages(pages, names, encoder);
  }
  const [name, other, extra] = names;
  const form = FORM_NAMES.find((each) => values[each] !== undefined);
  if (extra !== undefined) throw new InputError(`lesson takes two recordings at most: "${extra}"`);
  if (name === undefined) {
    if (form === undefined || form === "json") return list(values.json);
    throw new InputError(`--${form} needs a lesson or a recording`);
  }
  if (other !== undefined && form !== undefined && form !== "text")
    throw new InputError(`--${form} takes one recording, got another, "${other}"`);
  if (name === "-" && other === "-")
    throw new InputError("only one recording can be standard input");
  if (output !== "-") checkOutput(output);
  const recording = await recordingOf(name, encoder);
  if (other !== undefined) {
    const second = await recordingOf(other, encoder);
    await write(renderBeside(recording, second, process.stdout.columns), output);
    return 0;
  }
  const at = values.step === undefined ? undefined : indexOf(values.step, recording);
  if (form === undefined && values.output === undefined && isTerminal()) {
    const { stdin: input, stdout } = process;
    // The same reader sees the same order each time.
    const seed = readerSeed(values.seed ?? process.env.USER ?? "");
    const tasks = tasksOf(recording);
    const screen = new Screen(input, stdout);
    const left = await walkThrough(begin(recording, at ?? -1, seed, tasks), screen);
    // The screen that offered them is gone.
    if (left.at === recording.steps.length) for (const offer of offersOf(left)) talk(`${offer}\n`);
  } else {
    const text = FORMS[form ?? "text"](recording, at);
    await write(text, output);
    const steps = counted(recording.steps.length, "step");
    if (form === "record") talk(`${recording.scenario}: ${steps} in ${visible(output)}\n`);
  }
  return reportFailures(recording);
}

async function write(text: string, output: string): Promise<void> {
  if (output === "-") print(text);
  else await writeOutput(output, text);
}

function list(json: true | undefined): number {
  const listed = (name: string) => {
    return { name, summary: summaryOf(name), refused: refusalOf(name) };
  };
  const parts = COURSE.map(({ title, lessons }) => {
    const lines = lessons.map(listed).map(({ name, summary, refused }) => {
      const told = refused === undefined ? summary : `(not here: ${refused})`;
      return `  ${name.padEnd(15)} ${told}\n`;
    });
    return `${title}:\n${lines.join("")}`;
  });
  publish(json, "stublab.scenarios/1", { scenarios: LESSONS.map(listed) }, parts.join("\n"));
  if (!json) talk("\n`stublab lesson NAME` walks through one; `stublab lesson task` lists tasks\n");
  return 0;
}

function isTerminal(): boolean {
  const isDumb = (process.env.TERM ?? "dumb") === "dumb";
  return process.stdin.isTTY && process.stdout.isTTY && !isDumb;
}

function indexOf(text: string, { steps }: Recording): number {
  return parseCount("--step", text, steps.length, stepNumber(0)) - stepNumber(0);
}
