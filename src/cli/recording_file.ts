import { existsSync } from "node:fs";
import { InputError } from "../errors.ts";
import { loadRecording, receiveRecording } from "../record/load.ts";
import type { Recording } from "../record/recording.ts";
import { SCENARIOS } from "../record/scenarios.ts";

/**
 * The recording that a command line names: a file, or `-` for standard input.
 *
 * @throws InputError where it is none. A scenario's name is none, and the error says how to record it.
 */
export async function readRecording(file: string): Promise<Recording> {
  if (file === "-") return receiveRecording(process.stdin, "standard input");
  if (!existsSync(file) && Object.hasOwn(SCENARIOS, file)) {
    throw new InputError(`there is no file ${file}, but a scenario of that name`, {
      remedy: `record it first: stublab record ${file} -o ${file}.json`,
    });
  }
  return loadRecording(file);
}
