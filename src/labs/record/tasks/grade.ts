import { closeSync, openSync } from "node:fs";
import { devNull } from "node:os";
import { fileURLToPath } from "node:url";
import { type Check, check, tellCheck } from "../../../lib/check.ts";
import { StublabError } from "../../../lib/errors.ts";
import { ForeignProcess } from "../../../sandbox/process.ts";
import { factOf } from "../fact.ts";
import { expectRecording } from "../load.ts";
import { Pieces } from "../pieces.ts";
import { recordScenario } from "../record.ts";
import { Recorder } from "../recorder.ts";
import type { Recording, Step } from "../recording.ts";
import { type Answer, KERNEL } from "./answer.ts";
import { assemble } from "./assemble.ts";
import { type Judged, judgementShape, type ToTry } from "./judgement.ts";
import { parseAnswer, type Submission, textOf } from "./submission.ts";
import { type Exercise, isPlayed, type Played, type Read } from "./task.ts";

/** How long an answer may be tried, in milliseconds: some of its calls may miss their deadlines, on a busy machine. */
const DEADLINE = 20_000;

/** A judged answer. */
export interface Graded {
  readonly task: string;
  readonly student: string;
  readonly right: boolean;
  /** What the first fact that does not hold means, and that fact; null for a right answer. */
  readonly reason: string | null;
  readonly checks: readonly Check[];
  /** Everything that happened. Its `end` has the same facts. */
  readonly recording: Recording;
}

/**
 * Tries an answer on real stubs, and judges it by what the kernel does. No process is left.
 *
 * @param text of the file that the student has edited
 * @throws InputError if it is not an answer; UnsupportedError and others if this machine cannot try it
 *
 * @example
 * const { right, reason, recording } = await gradeAnswerConfined(readFileSync("answer.txt", "utf8"));
 */
export async function gradeAnswerConfined(text: string): Promise<Graded> {
  const submission = parseAnswer(text);
  const { exercise, task, student } = submission;
  const { checks, recording } = isPlayed(exercise)
    ? await tryAnswer(text, submission, exercise)
    : await readAnswer(submission, exercise);
  const failed = checks.find(({ status }) => status === "failed");
  return {
    task,
    student,
    right: failed === undefined,
    reason: failed === undefined ? null : `${failed.reason} (${tellCheck(failed)})`,
    checks,
    recording,
  };
}

type Tried = Pick<Graded, "checks" | "recording">;

/** The recordings that have been read, by scenario: a folder has many answers about the same. */
const recordings = new Map<string, Promise<Recording>>();

async function readAnswer({ answer }: Submission, exercise: Read): Promise<Tried> {
  const { scenario } = exercise;
  const known = recordings.get(scenario) ?? recordScenario(scenario);
  recordings.set(scenario, known);
  const recording = await known;
  const checks = [readStep(exercise, recording, answer)];
  return { checks, recording: { ...recording, end: checks.map(factOf) } };
}

function readStep(exercise: Read, recording: Recording, answer: Answer): Check {
  const number = Number(answer.word("step"));
  const fact = `${exercise.fact}: step ${number}`;
  const step = recording.steps[number - 1];
  if (step === undefined) {
    const meaning = `the number is not that of a step: there are ${recording.steps.length}`;
    return check(fact, "true", "there is no such step", meaning);
  }
  const seen = exercise.holds(step, recording) ? "true" : `false: ${tellKernel(step)}`;
  return check(fact, "true", seen, `this step is "${step.title}"`);
}

function tellKernel({ kernel }: Step): string {
  if (kernel === null) return "the step says nothing of the kernel's view";
  return `State ${kernel.state}, TracerPid ${kernel.tracerTid}, session ${kernel.session}`;
}

/** A right answer's edited part: for a task about a recording, found in one. */
export async function keyOf(exercise: Exercise): Promise<string> {
  if (isPlayed(exercise)) return exercise.key;
  const recording = await recordScenario(exercise.scenario);
  const at = recording.steps.findIndex((step) => exercise.holds(step, recording));
  return `step = ${at + 1}\n`;
}

/** How often an answer is tried if it misses a deadline for no reason that is known: the machine may be busy. */
const MOST_TRIES = 3;

async function tryAnswer(
  text: string,
  { task, source }: Submission,
  exercise: Played,
): Promise<Tried> {
  const code = source === undefined ? null : await assemble(ANSWER_CODE, source, KERNEL);
  const discarded: string[] = [];
  for (let tries = 1; ; tries++) {
    const recorder = new Recorder();
    const pieces = new Pieces(recorder);
    try {
      const { checks, late } = await judgementOf({ text, code }, pieces.file);
      if (late && tries < MOST_TRIES) {
        discarded.push(
          ...checks.filter(({ status }) => status === "failed").map((each) => tellCheck(each)),
        );
        continue;
      }
      pieces.take();
      // A process that was ended has not recorded its last fact.
      const [only] = checks;
      if (only?.name === ENDED) recorder.check(only.name, only.expected, only.seen);
      const { title, text: introduction } = textOf(task, exercise);
      const recording = recorder.finish(`task-${task}`, { title, introduction });
      expectRecording(recording);
      return { checks, recording: { ...recording, discarded } };
    } finally {
      pieces.close();
    }
  }
}

/** The name of an answer's code in recordings. */
const ANSWER_CODE = "the answer's code";

const ENDED = "the process that checks the answer";

/** Runs the child, however long it lives. */
async function judgementOf(question: ToTry, file: number): Promise<Judged> {
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
    child.send(question);
    const outcome = await child.next(DEADLINE);
    if (outcome.kind === "late") return lost(`did not end within ${DEADLINE} ms`);
    if (outcome.kind === "ended") return lost(child.fate);
    const judgement = judgementShape(outcome.message, "");
    if (judgement.kind === "judged") return judgement;
    const { message, code, remedy } = judgement;
    throw new StublabError(message, {
      ...(code !== "" && { code }),
      ...(remedy !== "" && { remedy }),
    });
  } finally {
    await child.end();
  }
}

function lost(seen: string): Judged {
  const meaning = "the answer has ended what checks it";
  return { checks: [check(ENDED, "reports its judgement", seen, meaning)], late: false };
}

/** What happened, without the instructions and the tracer's requests: a line for each step. */
export function tellEvents({ steps }: Recording): string[] {
  return steps.filter(isEvent).map(({ lane, title }) => `${lane}: ${title}`);
}

const EVENTS: readonly string[] = ["exit", "stop", "clone"];

function isEvent({ lane, kind }: Step): boolean {
  return EVENTS.includes(kind) || (kind === "syscall" && lane !== "host");
}
