import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { tellFact } from "../labs/record/fact.ts";
import { renderJson } from "../labs/record/load.ts";
import { type Graded, gradeAnswerConfined, tellEvents } from "../labs/record/tasks/grade.ts";
import { ANSWER_LIMIT } from "../labs/record/tasks/submission.ts";
import { InputError } from "../lib/errors.ts";
import { inputName, readInput, reasonOf } from "../lib/input.ts";
import { visible } from "../lib/visible.ts";
import { fold } from "./fold.ts";
import { finishing } from "./interruption.ts";
import { checkOutput, writeOutput, writeOutputs } from "./output_file.ts";
import { paint, printJson, talk, tell } from "./report.ts";

/** What becomes of a file: it is judged, or cannot be read as an answer. */
type Row =
  | { readonly file: string; readonly graded: Graded }
  | { readonly file: string; readonly fault: string };

interface CheckOptions {
  readonly json: boolean;
  readonly record?: string | undefined;
}

/** The most events of an answer that are printed: the recording has all. */
const MOST_EVENTS = 20;

/** Checks a file, or all answers in a folder. Returns the exit status. */
export async function checkAnswers(path: string, options: CheckOptions): Promise<number> {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  return isFolder ? checkFolder(path, options) : checkFile(path, options);
}

async function checkFile(path: string, { json, record }: CheckOptions): Promise<number> {
  const text = readInput(path === "-" ? 0 : path, ANSWER_LIMIT).toString("utf8");
  if (record !== undefined) checkOutput(record);
  const graded = await finishing(() => gradeNamed(path, text));
  if (record !== undefined) await writeOutput(record, renderJson(graded.recording));
  if (json) printDocument([{ file: path, graded }]);
  else {
    tell(report(graded));
    if (record !== undefined) talk(`the recording is in ${record}: stublab lesson ${record}\n`);
    else if (!graded.right) talk("--record FILE keeps what happened, for stublab lesson FILE\n");
  }
  return graded.right ? 0 : 1;
}

/** @throws InputError that names the file */
async function gradeNamed(path: string, text: string): Promise<Graded> {
  try {
    return await gradeAnswerConfined(text);
  } catch (cause) {
    if (!(cause instanceof InputError)) throw cause;
    const { message, remedy } = cause;
    throw new InputError(`${inputName(path === "-" ? 0 : path)}: ${message}`, {
      cause,
      ...(remedy !== undefined && { remedy }),
    });
  }
}

async function checkFolder(folder: string, { json, record }: CheckOptions): Promise<number> {
  const { files, skipped } = answersIn(folder);
  if (skipped.length > 0) {
    talk(`skipped, as their names do not end in .txt: ${skipped.map(visible).join(", ")}\n`);
  }
  if (files.length === 0) {
    throw new InputError(`${visible(folder)} has no answers: no file whose name ends in .txt`);
  }
  const rows: Row[] = [];
  await finishing(async (interrupted) => {
    for (const file of files) {
      if (interrupted.aborted) return;
      const row = await gradeRow(folder, file);
      rows.push(row);
      if (record !== undefined && "graded" in row) {
        const name = `${file.replace(/\.txt$/, "").replaceAll("/", "+")}.json`;
        await writeOutputs(record, [[name, renderJson(row.graded.recording)]]);
      }
      if (!json) tell(line(row));
    }
  });
  const right = rows.filter((row) => "graded" in row && row.graded.right).length;
  if (json) printDocument(rows, skipped);
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

async function gradeRow(folder: string, file: string): Promise<Row> {
  try {
    const text = readInput(join(folder, file), ANSWER_LIMIT).toString("utf8");
    return { file, graded: await gradeAnswerConfined(text) };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { file, fault: error.message };
  }
}

function line(row: Row): string {
  if ("fault" in row) return `${paint("yellow", "unreadable")}  ${row.file}: ${row.fault}\n`;
  const { right, reason, student, task } = row.graded;
  const verdict = right ? paint("green", "right     ") : paint("red", "wrong     ");
  return `${verdict}  ${row.file}: ${task}, ${student}${reason === null ? "" : `: ${reason}`}\n`;
}

function report(graded: Graded): string {
  const { task, student, right, reason, recording } = graded;
  const events = tellEvents(recording);
  const omitted = events.length - MOST_EVENTS;
  const shown = omitted > 0 ? [`(${omitted} more)`, ...events.slice(-MOST_EVENTS)] : events;
  const verdict = right ? paint("green", "right") : paint("red", "wrong");
  return [
    `${task}, ${student}: ${verdict}\n`,
    ...(reason === null ? [] : [`${fold(`  ${reason}`, 100)}\n`]),
    ...(shown.length === 0 ? [] : ["\nwhat happened\n", ...shown.map((event) => `  ${event}\n`)]),
    "\nwhat decided\n",
    ...recording.end.map((fact) => `  ${fact.held ? "ok  " : "FAIL"} ${tellFact(fact)}\n`),
  ].join("");
}

function printDocument(rows: readonly Row[], skipped: readonly string[] = []): void {
  const answers = rows.map((row) => {
    if ("fault" in row) {
      return {
        file: row.file,
        task: null,
        student: null,
        result: "unreadable",
        reason: row.fault,
        facts: [],
      };
    }
    const { task, student, right, reason, recording } = row.graded;
    const result = right ? "right" : "wrong";
    return { file: row.file, task, student, result, reason, facts: recording.end };
  });
  const count = (result: string) => answers.filter((answer) => answer.result === result).length;
  printJson("stublab.tasks/1", {
    right: count("right"),
    wrong: count("wrong"),
    unreadable: count("unreadable"),
    skipped,
    answers,
  });
}
