import { existsSync } from "node:fs";
import { LESSONS } from "../labs/record/course.ts";
import { tellDiscarded, tellFact } from "../labs/record/fact.ts";
import { loadRecording } from "../labs/record/load.ts";
import type { Recording } from "../labs/record/recording.ts";
import { InputError } from "../lib/errors.ts";
import { didYouMean } from "../lib/nearest.ts";
import { visible } from "../lib/visible.ts";
import { openEncoderWatched } from "./encoder.ts";
import { finishing } from "./interruption.ts";
import { talk } from "./report.ts";

/** How long a command may take with an encoder from a file, in milliseconds. All lessons take some seconds. */
const LIMIT = 300_000;

/**
 * The recording that a command line names: a lesson, which is recorded; a file; or `-`, standard input.
 *
 * @throws what `recordWatched` and `loadRecording` throw
 */
export async function recordingOf(name: string, encoder?: string): Promise<Recording> {
  if (LESSONS.includes(name)) return recordWatched(name, encoder);
  if (name !== "-" && !name.includes("/") && !existsSync(name)) {
    throw new InputError(`"${name}" is neither a lesson nor a file${didYouMean(name, LESSONS)}`, {
      remedy: `lessons: ${LESSONS.join(", ")}`,
    });
  }
  if (encoder === undefined) return loadRecording(name === "-" ? 0 : name);
  throw new InputError("--encoder applies only to a lesson: a recording has its own encoder");
}

/** Records a lesson. @throws what `openEncoderWatched` and `recordLesson` throw */
export async function recordWatched(lesson: string, choice = "assembly"): Promise<Recording> {
  // A reader in a terminal takes any time.
  const limit = process.stdin.isTTY && process.stdout.isTTY ? Number.POSITIVE_INFINITY : LIMIT;
  const encoder = await openEncoderWatched(choice, limit);
  // Loaded on demand: recordings can be shown on machines where nothing can be traced.
  const { recordLesson } = await import("../labs/record/record.ts");
  return finishing((signal) => recordLesson(lesson, { encoder, signal }));
}

/** Reports why a recording was made again, and each fact that does not hold. Returns the exit status. */
export function reportFailures(recording: Recording, head = ""): 0 | 1 {
  const failed = recording.end.filter(({ held }) => !held);
  const lines = [...tellDiscarded(recording), ...failed.map((fact) => `FAIL ${tellFact(fact)}`)];
  talk(lines.map((line) => `${visible(`${head}${line}`)}\n`).join(""));
  return failed.length === 0 ? 0 : 1;
}
