import { userInfo } from "node:os";
import { renderBeside } from "../labs/record/beside.ts";
import { COURSE, LESSONS, refusalOf, summaryOf } from "../labs/record/course.ts";
import { renderJson } from "../labs/record/load.ts";
import { renderRecordingPage } from "../labs/record/page/page.ts";
import { readerSeed } from "../labs/record/reading.ts";
import type { Recording } from "../labs/record/recording.ts";
import { tasksOf } from "../labs/record/tasks/tasks.ts";
import { stepNumber } from "../labs/record/tell.ts";
import { Screen } from "../labs/record/terminal/screen.ts";
import { walkThrough } from "../labs/record/terminal/session.ts";
import { begin } from "../labs/record/terminal/state.ts";
import { renderText } from "../labs/record/text.ts";
import { visible } from "../lib/visible.ts";
import { type Command, parseCommand, parseCount, UsageError } from "./command.ts";
import { ENCODER_HELP } from "./encoder.ts";
import { reportFailures } from "./failures.ts";
import { recordingOf } from "./lesson_recording.ts";
import { checkOutput, writeOutput } from "./output_file.ts";
import { print, printJson, talk, tell } from "./report.ts";

/** The lessons in the groups of the course, a line each; of one that does not exist on this machine, the reason. */
function tellLessons(): string {
  const groups = COURSE.map(({ title, lessons }) => {
    const lines = lessons.map((name) => {
      const refusal = refusalOf(name);
      const told = refusal === undefined ? summaryOf(name) : `(not here: ${refusal})`;
      return `  ${name.padEnd(15)} ${told}\n`;
    });
    return `${title}:\n${lines.join("")}`;
  });
  return groups.join("\n");
}

const help = `usage: stublab lesson
       stublab lesson LESSON | FILE [one of the forms] [options]
       stublab lesson LESSON | FILE OTHER [--text]
       stublab lesson --pages DIR [LESSON | FILE]…
       stublab lesson task …

Lists the lessons. Plays one with real processes, records every step of them, and walks through the recording in the
terminal, forwards and backwards; no process runs by then. Before important steps it asks what will happen. FILE is a
recording, and - standard input; nothing is traced then. With OTHER, it shows both side by side as text: how far they
are the same, and both from the step where they part. \`stublab lesson task\` sets and checks tasks: it has a help of
its own.

forms:
  --record OUT   the recording, a document "stublab.recording/1" (docs/recording.md)
  --html OUT     a self-contained web page
  --text         the steps as text, questions before their steps, answers at the end; also if the input or output is
                 not a terminal, or is a dumb one
  --json         the recording on standard output; without a lesson, the list (stublab.scenarios/1)
  --pages DIR    a folder of web pages: an index, and for each recording, NAME.html and NAME.json (default: of all
                 lessons, which are recorded within seconds); registers.html predicts what the kernel does with registers

  -o, --output OUT   write --text or --json to OUT (default: standard output; OUT - is the same)
  --step N           start at step N instead of the introduction, or at an open question before it
  --encoder E        for a lesson: ${ENCODER_HELP}
  --seed S           a number or a name, which determines the order of choices (default: your user name)

In the terminal, → and ← step (also l and h, Space), ] and [ go to an event, which is a step that is no instruction, Home
to the introduction, End to the next question or the end, g to a step by its number. Digits answer a question, or arrows
and Enter; s shows the answer, a asks again. d c r p t open and close the detail, code, registers, /proc, terms. j k ↓ ↑,
PageUp and PageDown scroll, q quits. ▶ is the instruction that the step has executed, ▷ the next one; * marks a change.

A lesson's name takes precedence: ./NAME is a file. A file is written completely or not at all.

Exit status: 0 if all facts of the lesson held, 1 if one did not; the output is written in both cases. 2 if FILE is not
a recording.

examples:
  stublab lesson host
  stublab lesson grandchild --record grandchild.json && stublab lesson grandchild.json --step 12
  stublab lesson no-exitkill exitkill
  stublab lesson --pages lessons
`;

const OPTIONS = {
  text: { type: "boolean", default: false },
  json: { type: "boolean", default: false },
  record: { type: "string" },
  html: { type: "string" },
  pages: { type: "string" },
  output: { type: "string", short: "o" },
  step: { type: "string" },
  encoder: { type: "string" },
  seed: { type: "string" },
} as const;

/** The renderer of each form. */
const FORMS = {
  text: (recording: Recording, from: number | undefined) => renderText(recording, { from }),
  json: renderJson,
  record: renderJson,
  html: (recording: Recording) => renderRecordingPage(recording, { tasks: tasksOf(recording) }),
} as const;

type Values = ReturnType<typeof parse>["values"];
const parse = (args: readonly string[]) => parseCommand(args, OPTIONS);

async function run(args: readonly string[]): Promise<number> {
  if (args[0] === "task") {
    const { taskCommand } = await import("./lesson_task.ts");
    return taskCommand.run(args.slice(1));
  }
  const { values, positionals } = parse(args);
  const [name, other, extra] = positionals;
  const [form, second] = (["text", "json", "record", "html", "pages"] as const).filter(
    (each) => (values[each] ?? false) !== false,
  );
  if (second !== undefined) throw new UsageError(`--${form} and --${second} exclude each other`);
  const output = outputOf(values);
  if (form === "pages") {
    const { writePages } = await import("./lesson_pages.ts");
    return writePages(output, positionals, values.encoder);
  }
  if (extra !== undefined) throw new UsageError(`lesson takes two recordings at most: "${extra}"`);
  if (name === undefined) return list(form);
  if (other !== undefined && form !== undefined && form !== "text")
    throw new UsageError(`--${form} takes one recording, got another, "${other}"`);
  if (name === "-" && other === "-")
    throw new UsageError("only one recording can be standard input");
  if (output !== "-") checkOutput(output);
  const recording = await recordingOf(name, values.encoder);
  if (other !== undefined) {
    const second = await recordingOf(other, values.encoder);
    await write(renderBeside(recording, second, process.stdout.columns), output);
    return 0;
  }
  const at = values.step === undefined ? undefined : indexOf(values.step, recording);
  if (form === undefined && values.output === undefined && isTerminal()) {
    const { stdin: input, stdout } = process;
    const seed = readerSeed(values.seed ?? userName());
    const tasks = tasksOf(recording);
    await walkThrough(begin(recording, at ?? -1, seed, tasks), new Screen(input, stdout));
  } else {
    const text = FORMS[form ?? "text"](recording, at);
    await write(text, output);
    if (form === "record") talk(summary(recording, output, text.length));
  }
  return reportFailures(recording);
}

/** Where a form is written: "-" is standard output. @throws UsageError */
function outputOf({ record, html, pages, output }: Values): string {
  const named = record ?? html ?? pages;
  if (named !== undefined && output !== undefined)
    throw new UsageError("--output applies to --text and --json: other forms name the output");
  if (named === "" || output === "") throw new UsageError("the name of the output is empty");
  return named ?? output ?? "-";
}

async function write(text: string, output: string): Promise<void> {
  if (output === "-") print(text);
  else await writeOutput(output, text);
}

function list(form: string | undefined): number {
  if (form === "json") {
    const scenarios = LESSONS.map((name) => {
      const summary = summaryOf(name);
      const refused = refusalOf(name);
      return refused === undefined ? { name, summary } : { name, summary, refused };
    });
    printJson("stublab.scenarios/1", { scenarios });
  } else if (form !== undefined) throw new UsageError(`--${form} needs a lesson or a recording`);
  else {
    tell(tellLessons());
    talk("\n`stublab lesson NAME` walks through one; `stublab lesson task` lists tasks\n");
  }
  return 0;
}

function isTerminal(): boolean {
  const isDumb = (process.env.TERM ?? "dumb") === "dumb";
  return process.stdin.isTTY && process.stdout.isTTY && !isDumb;
}

function indexOf(text: string, { steps }: Recording): number {
  return parseCount("--step", text, steps.length, stepNumber(0)) - stepNumber(0);
}

/** The same reader sees the same order each time. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // The user id has no entry in the system's list.
    return "";
  }
}

function summary(
  { scenario, steps, questions, end }: Recording,
  path: string,
  bytes: number,
): string {
  const held = end.filter((fact) => fact.held).length;
  return (
    `${scenario}: ${steps.length} steps, ${questions.length} questions, ${held} of ${end.length} facts held, ` +
    `${Math.ceil(bytes / 1000)} kB in ${visible(path)}\n`
  );
}

export const lessonCommand: Command = {
  help,
  run,
  helpOf: async ([word]) =>
    word === "task" ? (await import("./lesson_task.ts")).taskCommand.help : help,
};
