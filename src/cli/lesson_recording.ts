import { existsSync } from "node:fs";
import { isEncoderFile } from "../labs/compare/encoders/foreign.ts";
import { openEncoder } from "../labs/compare/encoders/open.ts";
import { LESSONS } from "../labs/record/course.ts";
import { tellDiscarded, tellFact } from "../labs/record/fact.ts";
import { loadRecording, parseRecording, RECORDING_LIMIT } from "../labs/record/load.ts";
import type { Recording } from "../labs/record/recording.ts";
import { EncoderError, InputError, StublabError } from "../lib/errors.ts";
import { didYouMean } from "../lib/nearest.ts";
import { members, optional, parseJson, text } from "../lib/shape.ts";
import { visible } from "../lib/visible.ts";
import { isForeignCommand } from "../sandbox/channel.ts";
import { openEncoderWatched, outputOfWatched } from "./encoder.ts";
import { finishing } from "./interruption.ts";
import { talk } from "./report.ts";

/** How long a lesson may take with an encoder from a file, in milliseconds. */
const LIMIT = 60_000;

/**
 * The recording that a command line names: a lesson, which is recorded; a file; or `-`, standard input.
 *
 * @throws what `recordWatched` and `loadRecording` throw
 */
export async function recordingOf(name: string, encoder?: string): Promise<Recording> {
  if (LESSONS.includes(name)) return finishing(() => recordWatched(name, encoder));
  if (name !== "-" && !name.includes("/") && !existsSync(name)) {
    throw new InputError(`"${name}" is neither a lesson nor a file${didYouMean(name, LESSONS)}`, {
      remedy: `lessons: ${LESSONS.join(", ")}`,
    });
  }
  if (encoder === undefined) return loadRecording(name === "-" ? 0 : name);
  throw new InputError("--encoder applies only to a lesson: a recording has its own encoder");
}

/**
 * Records a lesson. With an encoder from a file, `stublab lesson` does it in a child process, and this process validates
 * the document that it prints.
 *
 * @throws what `recordLesson` throws, here or there; EncoderError if that process fails
 */
export async function recordWatched(lesson: string, encoder = "assembly"): Promise<Recording> {
  // Loaded on demand: recordings can be shown on machines where nothing can be traced.
  const { recordLesson } = await import("../labs/record/record.ts");
  if (!isEncoderFile(encoder)) return recordLesson(lesson, { encoder: openEncoder(encoder) });
  if (isForeignCommand) {
    return recordLesson(lesson, { encoder: await openEncoderWatched(encoder, LIMIT) });
  }
  const args = ["lesson", lesson, "--encoder", encoder, "--json"];
  const output = await outputOfWatched(encoder, args, LIMIT, RECORDING_LIMIT);
  let failure: StublabError | undefined;
  try {
    failure = failureIn(output);
    if (failure === undefined) return parseRecording(output);
  } catch (cause) {
    throw new EncoderError(`the process of encoder ${encoder} did not print a recording`, {
      cause,
    });
  }
  throw failure;
}

/** The error that a command with --json printed instead of its document. @throws InputError if it is neither */
function failureIn(output: Buffer): StublabError | undefined {
  const error = members(parseJson(output), "")("error", (value) => value);
  if (error === undefined) return undefined;
  const read = members(error, "error");
  const [code, message] = [read("code", text), read("message", text)];
  const told = ["call", "errno", "remedy"].map((name) => [name, read(name, optional(text))]);
  const details = Object.fromEntries(told.filter(([, value]) => value !== undefined));
  if (code === InputError.code) return new InputError(message, details);
  return new StublabError(message, { ...details, code });
}

/** Reports why a recording was made again, and each fact that does not hold. Returns the exit status. */
export function reportFailures(recording: Recording, head = ""): 0 | 1 {
  const failed = recording.end.filter(({ held }) => !held);
  const lines = [...tellDiscarded(recording), ...failed.map((fact) => `FAIL ${tellFact(fact)}`)];
  talk(lines.map((line) => `${visible(`${head}${line}`)}\n`).join(""));
  return failed.length === 0 ? 0 : 1;
}
