import { existsSync } from "node:fs";
import { loadRecording } from "../labs/record/load.ts";
import type { Recording } from "../labs/record/recording.ts";
import { SCENARIOS } from "../labs/record/scenarios.ts";
import { InputError } from "../lib/errors.ts";

/**
 * Loads the recording that a command line names: a file, or `-` for standard input.
 *
 * @throws InputError if it is not a recording. If it is the name of a scenario, the remedy is the command that records
 * it.
 */
export function readRecording(file: string): Recording {
  if (file === "-") return loadRecording(0);
  if (!existsSync(file) && Object.hasOwn(SCENARIOS, file)) {
    throw new InputError(`${file} is a scenario, and no file has that name`, {
      remedy: `record it first: stublab record ${file} -o ${file}.json`,
    });
  }
  return loadRecording(file);
}
