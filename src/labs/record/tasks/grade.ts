import { closeSync, openSync } from "node:fs";
import { devNull } from "node:os";
import { fileURLToPath } from "node:url";
import { loadShim } from "../../../core/shim/shim.ts";
import { check } from "../../../lib/check.ts";
import { errorOf } from "../../../lib/errors.ts";
import { ForeignProcess } from "../../../sandbox/process.ts";
import { factOf } from "../fact.ts";
import { expectRecording } from "../load.ts";
import { recordLesson } from "../record.ts";
import { Recorder } from "../recorder.ts";
import type { Recording } from "../recording.ts";
import { KERNEL } from "./answer.ts";
import { assemble } from "./assemble.ts";
import { type ClassOptions, expectVariant } from "./class.ts";
import { reasonOf } from "./judge.ts";
import { openMessages, readMessages, writeMessage } from "./messages.ts";
import { parseAnswer, type Submission, textOf } from "./submission.ts";
import { type Exercise, isPlayed, type Read } from "./task.ts";
import { loadTask } from "./tasks.ts";

/** How long an answer may be tried, in milliseconds: some of its calls may miss their deadlines, on a busy machine. */
const DEADLINE = 20_000;

/** A judged answer. */
export interface Graded {
  readonly task: string;
  readonly student: string;
  /** What a right answer is worth, and what this one is: a point for each of the facts that held. */
  readonly of: number;
  readonly points: number;
  readonly right: boolean;
  /** What the first fact that does not hold means, and that fact; null for a right answer. */
  readonly reason: string | null;
  /** Everything that happened. Its `end` has the facts that decided. */
  readonly recording: Recording;
}

type Judged = Pick<Graded, "reason" | "recording">;

/**
 * Tries an answer on real stubs, and judges it by what the kernel does. No process is left.
 *
 * @param file the text of the file that the student has edited
 * @param options what it must have been handed out with
 * @throws InputError if it is not an answer; UnsupportedError and others if this machine cannot try it
 *
 * @example
 * const { right, reason, recording } = await gradeAnswerConfined(readFileSync("answer.txt", "utf8"));
 */
export async function gradeAnswerConfined(
  file: string,
  options: ClassOptions = {},
): Promise<Graded> {
  const submission = parseAnswer(file);
  expectVariant(submission, options);
  const { exercise, task, student } = submission;
  const judged = isPlayed(exercise)
    ? await tryAnswer(file, submission)
    : await readAnswer(submission, exercise);
  const right = judged.reason === null;
  const of = loadTask(task).points;
  const held = judged.recording.end.filter((fact) => fact.held).length;
  return { task, student, right, of, points: right ? of : held, ...judged };
}

/** The recording to read, made once: a folder has many answers about it. */
let host: Promise<Recording> | undefined;

const hostRecording = (): Promise<Recording> => (host ??= recordLesson("host"));

async function readAnswer({ answer }: Submission, { fact, holds }: Read): Promise<Judged> {
  const recording = await hostRecording();
  const { steps } = recording;
  const number = Number(answer.word("step"));
  const step = steps[number - 1];
  const isRight = step !== undefined && holds(step, recording);
  const meaning =
    step === undefined ? `there are ${steps.length} steps` : `this step is "${step.title}"`;
  const made = check(`${fact}: step ${number}`, "true", `${isRight}`, meaning);
  return { reason: reasonOf(made), recording: { ...recording, end: [factOf(made)] } };
}

/** A right answer's edited part: for a task about a recording, found in one. */
export async function keyOf(exercise: Exercise): Promise<string> {
  if (isPlayed(exercise)) return exercise.key;
  const recording = await hostRecording();
  const at = recording.steps.findIndex((step) => exercise.holds(step, recording));
  return `step = ${at + 1}\n`;
}

/** How often an answer is tried if it misses a deadline for no reason that is known: the machine may be busy. */
const MOST_TRIES = 3;

/** The name of an answer's code in recordings. */
const ANSWER_CODE = "the answer's code";

async function tryAnswer(file: string, { task, exercise, source }: Submission): Promise<Judged> {
  const code = source === undefined ? undefined : await assemble(ANSWER_CODE, source, KERNEL);
  const discarded: string[] = [];
  for (let tries = 1; ; tries++) {
    const recorder = new Recorder();
    const messages = openMessages();
    try {
      writeMessage(messages, { answer: { file, code } });
      const fate = await runToEnd(messages);
      const said = readMessages(messages);
      const steps: number[] = [];
      for (const { piece } of said) if (piece !== undefined) recorder.adopt(piece, steps);
      const failed = said.find((each) => each.failed !== undefined)?.failed;
      if (failed !== undefined) throw errorOf(failed);
      const judged = said.find((each) => each.judged !== undefined)?.judged;
      if (judged?.late && tries < MOST_TRIES) {
        discarded.push(judged.reason ?? "");
        continue;
      }
      const lost = check(CHECKER, "reports its judgement", fate, ENDED);
      if (judged === undefined) recorder.check(lost.name, lost.expected, lost.seen);
      const { title, text: introduction } = textOf(task, exercise);
      const recording = recorder.finish({ name: `task-${task}`, title, introduction });
      expectRecording(recording);
      const reason = judged === undefined ? reasonOf(lost) : judged.reason;
      return { reason, recording: { ...recording, discarded } };
    } finally {
      loadShim().close(messages);
    }
  }
}

const CHECKER = "the process that checks the answer";
const ENDED = "the answer has ended what checks it";

/** Runs the process that tries the answer in this file. Returns how it ended. */
async function runToEnd(file: number): Promise<string> {
  const nothing = openSync(devNull, "r+");
  const script = fileURLToPath(new URL("tried.js", import.meta.url));
  const child = await ForeignProcess.start({
    name: "stublab: an answer",
    arguments: [script],
    environment: { PATH: process.env.PATH },
    stdio: [nothing, nothing, nothing],
    files: [file],
    confined: false,
  }).finally(() => closeSync(nothing));
  try {
    const { kind } = await child.next(DEADLINE);
    return kind === "late" ? `did not end within ${DEADLINE} ms` : child.fate;
  } finally {
    await child.end();
  }
}
