import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { tellFact } from "../labs/record/fact.ts";
import { renderJson } from "../labs/record/load.ts";
import type { Fact, Recording, Step } from "../labs/record/recording.ts";
import { type ClassOptions, missingIn, parseClass } from "../labs/record/tasks/class.ts";
import { type Graded, gradeAnswerConfined } from "../labs/record/tasks/grade.ts";
import { ANSWER_LIMIT } from "../labs/record/tasks/submission.ts";
import { loadTask } from "../labs/record/tasks/tasks.ts";
import { InputError } from "../lib/errors.ts";
import { inputName, type Limit, readInput, reasonOf } from "../lib/input.ts";
import { visible } from "../lib/visible.ts";
import { fold } from "./fold.ts";
import { finishing } from "./interruption.ts";
import { courseOf } from "./lesson_task.ts";
import { checkOutput, writeOutput, writeOutputs } from "./output_file.ts";
import { paint, print, printJson, talk, tell } from "./report.ts";
import type { Values } from "./table/command.ts";
import type { check } from "./table/lesson.ts";

/** What becomes of a file, or of an answer that nobody handed in. */
interface Row {
  readonly file: string | null;
  readonly task: string | null;
  readonly student: string | null;
  readonly result: "right" | "wrong" | "unreadable" | "missing";
  readonly reason: string | null;
  readonly points: number;
  /** What a right answer is worth; null if the file cannot be read. */
  readonly of: number | null;
  readonly facts: readonly Fact[];
}

type CheckOptions = Values<typeof check>;

const CLASS_LIMIT: Limit = { most: 1 << 20, of: "a class" };

/** The most events of an answer that are printed: the recording has all. */
const MOST_EVENTS = 20;

/** Checks a file, or all answers in a folder. Returns the exit status. */
export async function runCheck(path: string, options: CheckOptions): Promise<number> {
  const course = courseOf(options);
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  if (isFolder) return checkFolder(path, course, options);
  if (options.class !== undefined) throw new InputError("--class needs a folder of answers");
  return checkFile(path, course, options);
}

async function checkFile(
  path: string,
  course: ClassOptions,
  options: CheckOptions,
): Promise<number> {
  const { json = false, csv = false, record } = options;
  const text = readInput(path === "-" ? 0 : path, ANSWER_LIMIT).toString("utf8");
  if (record !== undefined) checkOutput(record);
  const graded = await finishing(() => gradeNamed(path, text, course));
  if (record !== undefined) await writeOutput(record, renderJson(graded.recording));
  if (json || csv) printRows([rowOf(path, graded)], [], csv);
  else {
    tell(report(graded));
    if (record !== undefined) talk(`the recording is in ${record}: stublab lesson ${record}\n`);
    else if (!graded.right) talk("--record FILE keeps what happened, for stublab lesson FILE\n");
  }
  return graded.right ? 0 : 1;
}

/** @throws InputError that names the file */
async function gradeNamed(path: string, text: string, course: ClassOptions): Promise<Graded> {
  try {
    return await gradeAnswerConfined(text, course);
  } catch (cause) {
    if (!(cause instanceof InputError)) throw cause;
    const { message, remedy } = cause;
    throw new InputError(`${inputName(path === "-" ? 0 : path)}: ${message}`, { cause, remedy });
  }
}

async function checkFolder(
  folder: string,
  course: ClassOptions,
  options: CheckOptions,
): Promise<number> {
  const { json = false, csv = false, record } = options;
  const names = options.class && parseClass(readInput(options.class, CLASS_LIMIT).toString("utf8"));
  const { files, skipped } = answersIn(folder);
  if (skipped.length > 0) {
    talk(`skipped, as their names do not end in .txt: ${skipped.map(visible).join(", ")}\n`);
  }
  if (files.length === 0) {
    throw new InputError(`${visible(folder)} has no answers: no file whose name ends in .txt`);
  }
  const rows: Row[] = [];
  const add = (row: Row) => {
    rows.push(row);
    if (!json && !csv) tell(line(row));
  };
  const graded: Graded[] = [];
  await finishing(async (interrupted) => {
    for (const file of files) {
      if (interrupted.aborted) return;
      const outcome = await gradeIn(folder, file, course);
      add(rowOf(file, outcome));
      if (typeof outcome === "string") continue;
      graded.push(outcome);
      if (record === undefined) continue;
      const name = `${file.replace(/\.txt$/, "").replaceAll("/", "+")}.json`;
      await writeOutputs(record, [[name, renderJson(outcome.recording)]]);
    }
  });
  if (names) {
    for (const { task, student } of missingIn(names, graded)) {
      const of = loadTask(task).points;
      const nothing = { file: null, reason: null, points: 0, facts: [] };
      add({ ...nothing, task, student, of, result: "missing" });
    }
    const others = graded.map(({ student }) => student).filter((name) => !names.includes(name));
    if (others.length > 0)
      talk(`not in the class: ${[...new Set(others)].map(visible).join(", ")}\n`);
  }
  const right = graded.filter((each) => each.right).length;
  if (json || csv) printRows(rows, skipped, csv);
  else {
    tell(`${right} of ${rows.length} answers are right\n`);
    if (record !== undefined) talk(`the recordings are in ${record}: stublab lesson FILE\n`);
  }
  return right === rows.length ? 0 : 1;
}

/** The paths of all answers in a folder, and of its other files. @throws InputError if it cannot be read */
function answersIn(folder: string): { files: string[]; skipped: string[] } {
  const isFile = (name: string) =>
    statSync(join(folder, name), { throwIfNoEntry: false })?.isFile() === true;
  try {
    const all = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(isFile).sort();
    const isAnswer = (name: string) => /\.txt$/i.test(name);
    return { files: all.filter(isAnswer), skipped: all.filter((name) => !isAnswer(name)) };
  } catch (cause) {
    throw new InputError(`${visible(folder)} cannot be read: ${reasonOf(cause)}`, { cause });
  }
}

/** Returns why it cannot be read, if so. */
async function gradeIn(
  folder: string,
  file: string,
  course: ClassOptions,
): Promise<Graded | string> {
  try {
    const text = readInput(join(folder, file), ANSWER_LIMIT).toString("utf8");
    return await gradeAnswerConfined(text, course);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.message;
  }
}

function rowOf(file: string, graded: Graded | string): Row {
  if (typeof graded === "string") {
    const nothing = { task: null, student: null, points: 0, of: null, facts: [] };
    return { file, ...nothing, result: "unreadable", reason: graded };
  }
  const { task, student, right, reason, points, of, recording } = graded;
  const result = right ? "right" : "wrong";
  return { file, task, student, result, reason, points, of, facts: recording.end };
}

const COLORS = { right: "green", wrong: "red", unreadable: "yellow", missing: "yellow" } as const;

function line({ file, task, student, result, reason, points, of }: Row): string {
  const what = task === null ? [] : [`${task}, ${student}`, `${points}/${of}`];
  const parts = [...(file === null ? [] : [file]), ...what, ...(reason === null ? [] : [reason])];
  return `${paint(COLORS[result], result.padEnd(10))}  ${parts.join(": ")}\n`;
}

/** What happened, without the instructions and the tracer's requests: a line for each step. */
function tellEvents({ steps }: Recording): string[] {
  return steps.filter(isEvent).map(({ lane, title }) => `${lane}: ${title}`);
}

const EVENTS: readonly string[] = ["exit", "stop", "clone"];

function isEvent({ lane, kind }: Step): boolean {
  return EVENTS.includes(kind) || (kind === "syscall" && lane !== "host");
}

function report(graded: Graded): string {
  const { task, student, right, points, of, reason, recording } = graded;
  const events = tellEvents(recording);
  const omitted = events.length - MOST_EVENTS;
  const shown = omitted > 0 ? [`(${omitted} more)`, ...events.slice(-MOST_EVENTS)] : events;
  const verdict = right ? paint("green", "right") : paint("red", "wrong");
  return [
    `${task}, ${student}: ${verdict}, ${points} of ${of} points\n`,
    ...(reason === null ? [] : [`${fold(`  ${reason}`, 100)}\n`]),
    ...(shown.length === 0 ? [] : ["\nwhat happened\n", ...shown.map((event) => `  ${event}\n`)]),
    "\nwhat decided\n",
    ...recording.end.map((fact) => `  ${fact.held ? "ok  " : "FAIL"} ${tellFact(fact)}\n`),
  ].join("");
}

function printRows(rows: readonly Row[], skipped: readonly string[], csv: boolean): void {
  if (csv) {
    const head = ["student", "task", "result", "points", "worth", "reason", "file"];
    const cells = rows.map(({ student, task, result, points, of, reason, file }) => [
      ...[student, task, result, points, of, reason, file],
    ]);
    print([head, ...cells].map((row) => `${row.map(cell).join(",")}\r\n`).join(""));
    return;
  }
  const answers = rows.filter(({ result }) => result !== "missing");
  const count = (result: string) => rows.filter((row) => row.result === result).length;
  printJson("stublab.tasks/1", {
    right: count("right"),
    wrong: count("wrong"),
    unreadable: count("unreadable"),
    missing: rows.flatMap(({ result, task, student }) =>
      result === "missing" ? [{ task, student }] : [],
    ),
    skipped,
    answers,
  });
}

/** A cell of a table (RFC 4180). No program takes it for a formula. */
function cell(value: string | number | null): string {
  const text = `${value ?? ""}`.replace(/^[=+\-@\t\r]/, "'$&");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
