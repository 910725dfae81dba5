import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { tellFact } from "../labs/record/fact.ts";
import { renderJson } from "../labs/record/load.ts";
import type { Fact, Step } from "../labs/record/recording.ts";
import { type ClassOptions, missingIn, parseClass } from "../labs/record/tasks/class.ts";
import { type Graded, gradeAnswerConfined } from "../labs/record/tasks/grade.ts";
import { ANSWER_LIMIT } from "../labs/record/tasks/submission.ts";
import { loadTask } from "../labs/record/tasks/tasks.ts";
import { InputError } from "../lib/errors.ts";
import { inputName, type Limit, readInput, reasonOf } from "../lib/input.ts";
import { counted } from "../lib/page/figures.ts";
import { visible } from "../lib/visible.ts";
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

const NOTHING = { file: null, task: null, student: null, result: "missing", reason: null } as const;
const NO_POINTS = { points: 0, of: null, facts: [] } as const;

type Options = Values<typeof check>;

const CLASS_LIMIT: Limit = { most: 1 << 20, of: "a class" };

/** The most events of an answer that are printed: the recording has all. */
const MOST_EVENTS = 20;

/** Checks a file, or all answers in a folder. Returns the exit status. */
export function runCheck(path: string, options: Options): Promise<number> {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return checkFolder(path, options);
  if (options.class !== undefined) throw new InputError("--class needs a folder of answers");
  return checkFile(path === "-" ? 0 : path, options);
}

async function checkFile(file: string | 0, options: Options): Promise<number> {
  const { json, csv, record } = options;
  const course = courseOf(options);
  const text = readInput(file, ANSWER_LIMIT);
  if (record !== undefined) checkOutput(record);
  const graded = await finishing(() => grade(() => text, course));
  if (graded instanceof InputError) {
    const { message, remedy } = graded;
    throw new InputError(`${inputName(file)}: ${message}`, { cause: graded, remedy });
  }
  if (record !== undefined) await writeOutput(record, renderJson(graded.recording));
  if (json || csv) printRows([rowOf(file === 0 ? "-" : file, graded)], [], csv);
  else {
    tell(report(graded));
    if (record !== undefined) talk(`the recording is in ${record}: stublab lesson ${record}\n`);
    else if (!graded.right) talk("--record FILE keeps what happened, for stublab lesson FILE\n");
  }
  return graded.right ? 0 : 1;
}

/** Grades an answer; returns the error if it cannot be read. */
async function grade(read: () => Buffer, course: ClassOptions): Promise<Graded | InputError> {
  try {
    return await gradeAnswerConfined(read().toString("utf8"), course);
  } catch (error) {
    if (error instanceof InputError) return error;
    throw error;
  }
}

async function checkFolder(folder: string, options: Options): Promise<number> {
  const { json, csv, record } = options;
  const course = courseOf(options);
  const names = options.class && parseClass(readInput(options.class, CLASS_LIMIT).toString("utf8"));
  const { files, skipped } = answersIn(folder);
  if (skipped.length > 0)
    talk(`skipped, as their names do not end in .txt: ${skipped.map(visible).join(", ")}\n`);
  if (files.length === 0)
    throw new InputError(`${visible(folder)} has no answers: no file whose name ends in .txt`);
  const rows: Row[] = [];
  const add = (row: Row) => {
    rows.push(row);
    if (!json && !csv) tell(line(row));
  };
  const graded: Graded[] = [];
  await finishing(async (interrupted) => {
    for (const file of files) {
      if (interrupted.aborted) return;
      const outcome = await grade(() => readInput(join(folder, file), ANSWER_LIMIT), course);
      add(rowOf(file, outcome));
      if (outcome instanceof InputError) continue;
      graded.push(outcome);
      const name = `${file.replace(/\.txt$/, "").replaceAll("/", "+")}.json`;
      if (record !== undefined) await writeOutputs(record, [[name, renderJson(outcome.recording)]]);
    }
  });
  if (names) {
    for (const { task, student } of missingIn(names, graded))
      add({ ...NOTHING, ...NO_POINTS, task, student, of: loadTask(task).points });
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

function rowOf(file: string, graded: Graded | InputError): Row {
  if (graded instanceof InputError)
    return { ...NOTHING, ...NO_POINTS, file, result: "unreadable", reason: graded.message };
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

/** Whether a step is more than an instruction or a request of the tracer. */
function isEvent({ lane, kind }: Step): boolean {
  return ["exit", "stop", "clone"].includes(kind) || (kind === "syscall" && lane !== "host");
}

function report({ task, student, right, points, of, reason, recording }: Graded): string {
  const events = recording.steps.filter(isEvent).map(({ lane, title }) => `  ${lane}: ${title}\n`);
  const omitted = events.length - MOST_EVENTS;
  const shown = omitted > 0 ? [`  (${omitted} more)\n`, ...events.slice(-MOST_EVENTS)] : events;
  const verdict = right ? paint("green", "right") : paint("red", "wrong");
  return [
    `${task}, ${student}: ${verdict}, ${points} of ${counted(of, "point")}\n`,
    ...(reason === null ? [] : [`  ${reason}\n`]),
    ...(shown.length === 0 ? [] : ["\nwhat happened\n", ...shown]),
    "\nwhat decided\n",
    ...recording.end.map((fact) => `  ${fact.held ? "ok  " : "FAIL"} ${tellFact(fact)}\n`),
  ].join("");
}

const COLUMNS = ["student", "task", "result", "points", "of", "reason", "file"] as const;

function printRows(rows: readonly Row[], skipped: readonly string[], csv = false): void {
  if (csv) {
    const head = COLUMNS.map((name) => (name === "of" ? "worth" : name));
    const cells = rows.map((row) => COLUMNS.map((name) => row[name]));
    print([head, ...cells].map((row) => `${row.map(cell).join(",")}\r\n`).join(""));
    return;
  }
  const those = (result: Row["result"]) => rows.filter((row) => row.result === result);
  printJson("stublab.tasks/1", {
    right: those("right").length,
    wrong: those("wrong").length,
    unreadable: those("unreadable").length,
    missing: those("missing").map(({ task, student }) => ({ task, student })),
    skipped,
    answers: rows.filter(({ result }) => result !== "missing"),
  });
}

/** A cell of a table (RFC 4180). No program takes it for a formula. */
function cell(value: string | number | null): string {
  const text = `${value ?? ""}`.replace(/^[=+\-@\t\r]/, "'$&");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
