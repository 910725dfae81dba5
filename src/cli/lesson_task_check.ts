import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { tellFact } from "../labs/record/fact.ts";
import { renderJson } from "../labs/record/load.ts";
import type { Fact, Step } from "../labs/record/recording.ts";
import { missingIn } from "../labs/record/tasks/class.ts";
import { type Graded, gradeAnswerConfined } from "../labs/record/tasks/grade.ts";
import { ANSWER_LIMIT, headOf } from "../labs/record/tasks/submission.ts";
import { TASKS } from "../labs/record/tasks/tasks.ts";
import { InputError } from "../lib/errors.ts";
import { inputName, readInput, reasonOf } from "../lib/input.ts";
import { counted } from "../lib/page/figures.ts";
import { visible } from "../lib/visible.ts";
import { finishing } from "./interruption.ts";
import { courseOf, readClass } from "./lesson_task.ts";
import { checkOutput, writeOutput, writeOutputs } from "./output_file.ts";
import { paint, print, printJson, talk, tell } from "./report.ts";
import { first } from "./rows.ts";
import type { Values } from "./table/command.ts";
import type { check } from "./table/lesson.ts";

/** What becomes of a file, or of an answer that nobody handed in. */
interface Row {
  readonly file: string | null;
  readonly task: string | null;
  readonly student: string | null;
  readonly result: "right" | "wrong" | "unreadable" | "ungraded" | "missing";
  readonly reason: string | null;
  readonly points: number;
  /** What a right answer is worth; null if the task is unknown. */
  readonly of: number | null;
  readonly facts: readonly Fact[];
  /** The other files of the folder that have the same edit of the same task. */
  readonly same: readonly string[];
}

type Owner = Pick<Row, "task" | "student">;

const NOBODY = { task: null, student: null } as const;
const NOTHING = {
  file: null,
  result: "missing",
  reason: null,
  points: 0,
  facts: [],
  same: [],
} as const;

const worthOf = ({ task }: Owner) => TASKS[task ?? ""]?.points ?? null;

type Options = Values<typeof check>;

/** The most files with the same edit that a line names. */
const MOST_COPIES = 3;

/** Checks a file, or all answers in a folder. Returns the exit status. */
export function runCheck(path: string, options: Options): Promise<number> {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return checkFolder(path, options);
  if (options.class !== undefined) throw new InputError("--class needs a folder of answers");
  return checkFile(path === "-" ? 0 : path, options);
}

async function checkFile(file: string | 0, options: Options): Promise<number> {
  const { json, csv, record } = options;
  const course = courseOf(options);
  const text = readInput(file, ANSWER_LIMIT).toString("utf8");
  if (record !== undefined) checkOutput(record);
  const graded = await finishing(() => attempt(() => gradeAnswerConfined(text, course)));
  if (graded instanceof InputError) {
    const { message, remedy } = graded;
    throw new InputError(`${inputName(file)}: ${message}`, { cause: graded, remedy });
  }
  if (graded instanceof Error) throw graded;
  if (record !== undefined) await writeOutput(record, renderJson(graded.recording));
  if (json || csv) printRows([rowOf(file === 0 ? "-" : file, graded)], [], csv);
  else {
    tell(report(graded));
    if (record !== undefined) talk(`the recording is in ${record}: stublab lesson ${record}\n`);
    else if (!graded.right) talk("--record FILE keeps what happened, for stublab lesson FILE\n");
  }
  return graded.right ? 0 : 1;
}

/** Does something; returns the error if it fails. */
async function attempt<T>(work: () => Promise<T>): Promise<T | Error> {
  try {
    return await work();
  } catch (error) {
    return error instanceof Error ? error : new Error(`${error}`);
  }
}

async function checkFolder(folder: string, options: Options): Promise<number> {
  const { json, csv, record } = options;
  const course = courseOf(options);
  const names = options.class === undefined ? [] : readClass(options.class);
  const { files, skipped } = answersIn(folder);
  if (skipped.length > 0)
    talk(`skipped, as their names do not end in .txt: ${skipped.map(visible).join(", ")}\n`);
  if (files.length === 0)
    throw new InputError(`${visible(folder)} has no answers: no file whose name ends in .txt`);
  const rows: Row[] = [];
  const failures: Error[] = [];
  let told = 0;
  const isGraded = () => rows.some(({ result }) => result === "right" || result === "wrong");
  const add = (row: Row) => {
    rows.push(row);
    // A machine that can try no answer says so once.
    if (failures.length > 0 && !isGraded()) return;
    if (!json && !csv) tell(rows.slice(told).map(line).join(""));
    told = rows.length;
  };
  const opened = await Promise.all(files.map((file) => open(folder, names, file)));
  await finishing(async (interrupted) => {
    for (const { file, text, task, student, edit } of opened) {
      if (interrupted.aborted) return;
      const other = task && rows.find((row) => row.task === task && row.student === student);
      const outcome = await attempt(async () => {
        if (other) throw new InputError(`${other.file} is an answer to this task, too`);
        if (text instanceof Error) throw text;
        return gradeAnswerConfined(text, course);
      });
      const same = opened.filter((each) => edit !== "" && each.task === task && each.edit === edit);
      const others = same.map((each) => each.file).filter((each) => each !== file);
      if (outcome instanceof Error && !(outcome instanceof InputError)) failures.push(outcome);
      add({ ...rowOf(file, outcome, { task, student }), same: others });
      if (outcome instanceof Error || record === undefined) continue;
      const name = `${file.replace(/\.txt$/, "").replaceAll("/", "+")}.json`;
      await writeOutputs(record, [[name, renderJson(outcome.recording)]]);
    }
  });
  const [failure] = failures;
  if (failure !== undefined && !isGraded()) throw failure;
  for (const head of missingIn(names, rows)) add({ ...NOTHING, ...head, of: worthOf(head) });
  const right = rows.filter(({ result }) => result === "right").length;
  if (json || csv) printRows(rows, skipped, csv);
  else {
    tell(`${right} of ${rows.length} answers are right\n`);
    if (record !== undefined) talk(`the recordings are in ${record}: stublab lesson FILE\n`);
  }
  return right === rows.length ? 0 : 1;
}

/** A file of a folder: its text, or why that is not graded, and whose answer it is: by its path in a class, or its head. */
async function open(folder: string, names: readonly string[], file: string) {
  const [, above = "", name = ""] = /([^/]+)\/([^/]+)\.txt$/i.exec(file) ?? [];
  const isNamed = Object.hasOwn(TASKS, name);
  const inPath = isNamed ? { task: name, student: above } : NOBODY;
  const text = await attempt(async () => `${readInput(join(folder, file), ANSWER_LIMIT)}`);
  const { edit, ...head } = headOf(text instanceof Error ? "" : text);
  const { task = inPath.task, student = inPath.student } = head;
  const isTheirs = !isNamed || !names.includes(above) || (task === name && student === above);
  const why = isTheirs ? text : new InputError(`this is an answer to ${task} of ${student}`);
  return { ...(isTheirs ? { task, student } : inPath), file, text: why, edit };
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

function rowOf(file: string, graded: Graded | Error, head: Owner = NOBODY): Row {
  if (graded instanceof Error) {
    const result = graded instanceof InputError ? "unreadable" : "ungraded";
    return { ...NOTHING, ...head, of: worthOf(head), file, result, reason: graded.message };
  }
  const { task, student, right, reason, points, of, recording } = graded;
  const result = right ? "right" : "wrong";
  return { ...NOTHING, file, task, student, result, reason, points, of, facts: recording.end };
}

const COLORS: Partial<Record<Row["result"], "green" | "red">> = { right: "green", wrong: "red" };

function line({ file, task, student, result, reason, points, of, same }: Row): string {
  const what = task === null ? [] : [`${task}, ${student}`, `${points}/${of}`];
  const copied = same.length > 0 && `same edit as ${first(MOST_COPIES, same)}`;
  const parts = [file, ...what, reason, copied].filter(Boolean);
  return `${paint(COLORS[result] ?? "yellow", result.padEnd(10))}  ${parts.join(": ")}\n`;
}

/** Whether a step is more than an instruction or a request of the tracer. */
function isEvent({ lane, kind }: Step): boolean {
  return ["exit", "stop", "clone"].includes(kind) || (kind === "syscall" && lane !== "host");
}

function report({ task, student, right, points, of, reason, recording }: Graded): string {
  const events = recording.steps.filter(isEvent).map(({ lane, title }) => `  ${lane}: ${title}\n`);
  const verdict = right ? paint("green", "right") : paint("red", "wrong");
  return [
    `${task}, ${student}: ${verdict}, ${points} of ${counted(of, "point")}\n`,
    ...(reason === null ? [] : [`  ${reason}\n`]),
    ...(events.length === 0 ? [] : ["\nwhat happened\n", ...events]),
    "\nwhat decided\n",
    ...recording.end.map((fact) => `  ${fact.held ? "ok  " : "FAIL"} ${tellFact(fact)}\n`),
  ].join("");
}

const COLUMNS = ["student", "task", "result", "points", "of", "reason", "file", "same"] as const;

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
    ungraded: those("ungraded").length,
    missing: those("missing").map(({ task, student, reason }) => ({ task, student, reason })),
    skipped,
    answers: rows.filter(({ result }) => result !== "missing"),
  });
}

/** A cell of a table (RFC 4180). No program takes it for a formula. */
function cell(value: Row[(typeof COLUMNS)[number]]): string {
  const text = `${value ?? ""}`.replace(/^[=+\-@\t\r]/, "'$&");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
