import { setImmediate } from "node:timers/promises";
import type { Encoder } from "../../core/encoder/abi.ts";
import { encoderOption } from "../../core/encoder/driver.ts";
import { InputError, StublabError, UnsupportedError } from "../../lib/errors.ts";
import { abortSignal, checkOptions, type OptionShapes, show } from "../../lib/shape.ts";
import { expectLesson, LESSONS, type Lesson, loadLesson } from "./course.ts";
import { tellFact } from "./fact.ts";
import { expectRecording } from "./load.ts";
import { Recorder } from "./recorder.ts";
import type { Recording } from "./recording.ts";
import { Scene } from "./scene.ts";

export interface RecordOptions {
  /** What `openEncoder` or `loadEncoderUnconfined` returns. Default: `openEncoder("assembly")`. */
  readonly encoder?: Encoder | undefined;
  /** Aborts the recording after the attempt under way, which takes about a second: it rejects with the reason. */
  readonly signal?: AbortSignal | undefined;
}

const SHAPES: OptionShapes<RecordOptions> = { encoder: encoderOption, signal: abortSignal };

/** How often a failing lesson of stublab's own is attempted, at most. */
const MOST_ATTEMPTS = 20;

/**
 * Makes a lesson happen to real processes, and returns its recording. No process is left.
 *
 * A lesson of your own is played once. A failing attempt of stublab's own is repeated until two attempts fail in the same
 * way; `discarded` of the recording says why. An attempt during which this process is stopped and continued does not count:
 * its stubs may have been sent the same signals.
 *
 * @param lesson the name of one of LESSONS, or a lesson of your own
 * @throws InputError if there is no such lesson, or if the lesson, what it passes to its scene, or its recording
 * is invalid: each recording is one that `parseRecording` returns; what creating stubs throws; what
 * the lesson throws; the reason of `signal`
 *
 * @example
 * const recording = await recordLesson("grandchild");
 * writeFileSync("grandchild.html", renderRecordingPage(recording));
 */
export async function recordLesson(
  lesson: string | Lesson,
  options: RecordOptions = {},
): Promise<Recording> {
  checkOptions(options, "options", SHAPES);
  const { encoder, signal } = options;
  signal?.throwIfAborted();
  if (typeof lesson === "string") {
    return recordStable(await loadLesson(lesson), encoder, signal, MOST_ATTEMPTS);
  }
  if (typeof lesson !== "object") {
    throw new InputError(`lesson: expected a name or a lesson, got ${show(lesson)}`, {
      remedy: `names: ${LESSONS.join(", ")}`,
    });
  }
  return recordStable(expectLesson(lesson, "lesson"), encoder, signal, 1);
}

/** Records a lesson in as many attempts as it takes, at most `most`. @internal */
export async function recordStable(
  lesson: Lesson,
  encoder: Encoder | undefined,
  signal: AbortSignal | undefined,
  most: number,
): Promise<Recording> {
  const failures: string[] = [];
  const discarded: string[] = [];
  let continued = 0;
  const notice = () => {
    continued++;
  };
  process.on("SIGCONT", notice);
  try {
    for (let tries = 1; ; tries++) {
      const before = continued;
      const outcome = await attempt(lesson, new Recorder(encoder), signal);
      // A signal is noticed in a turn of the event loop, and an attempt need not have one.
      for (let turns = 0; turns < 2; turns++) await setImmediate();
      signal?.throwIfAborted();
      const failure = failureOf(outcome);
      // Each attempt has other pids and addresses.
      const way = failure.replaceAll(/0x[0-9a-f]+|\d+/g, "");
      const isDisturbed = continued !== before;
      if (failure === "" || tries === most || (!isDisturbed && failures.includes(way))) {
        if (outcome instanceof StublabError) throw outcome;
        return { ...outcome, discarded };
      }
      if (!isDisturbed) failures.push(way);
      discarded.push(failure);
    }
  } finally {
    process.off("SIGCONT", notice);
  }
}

async function attempt(
  lesson: Lesson,
  recorder: Recorder,
  signal: AbortSignal | undefined,
): Promise<Recording | StublabError> {
  try {
    {
      using scene = new Scene(recorder, signal, lesson.host);
      await lesson.play(scene);
    }
    const recording = recorder.finish(lesson);
    // A lesson may use its recorder directly.
    expectRecording(recording);
    return recording;
  } catch (error) {
    // A lesson's mistake is not repeated, nor what this machine cannot do.
    const isFinal = error instanceof InputError || error instanceof UnsupportedError;
    if (error instanceof StublabError && !isFinal) return error;
    throw error;
  }
}

/** What failed, in a line; empty if nothing did. */
function failureOf(outcome: Recording | StublabError): string {
  if (outcome instanceof StublabError) return outcome.message.split("\n")[0] ?? outcome.code;
  return outcome.end
    .filter(({ held }) => !held)
    .map(tellFact)
    .join("; ");
}
