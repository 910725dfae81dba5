import { isEncoderFile } from "../labs/compare/encoders/foreign.ts";
import { openEncoder } from "../labs/compare/encoders/open.ts";
import { parseRecording, RECORDING_LIMIT } from "../labs/record/load.ts";
import { recordScenario } from "../labs/record/record.ts";
import type { Recording } from "../labs/record/recording.ts";
import { EncoderError, InputError, StublabError } from "../lib/errors.ts";
import { members, optional, parseJson, text } from "../lib/shape.ts";
import { isForeignCommand } from "../sandbox/channel.ts";
import { openEncoderWatched, outputOfWatched } from "./encoder.ts";

/** How long a scenario may take with an encoder from a file, in milliseconds. */
const LIMIT = 60_000;

/**
 * Records a scenario for a command. With an encoder from a file, `stublab record` does it in a child process, and
 * this process validates the document that it prints.
 *
 * @throws what `recordScenario` throws, here or there; EncoderError if that process fails
 */
export async function recordWatched(scenario: string, encoder = "assembly"): Promise<Recording> {
  if (!isEncoderFile(encoder)) return recordScenario(scenario, { encoder: openEncoder(encoder) });
  if (isForeignCommand) {
    return recordScenario(scenario, { encoder: await openEncoderWatched(encoder, LIMIT) });
  }
  const args = ["record", scenario, "--encoder", encoder, "--json"];
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
