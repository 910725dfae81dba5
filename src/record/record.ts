import { object } from "../shape.ts";
import { Recorder } from "./recorder.ts";
import type { Recording } from "./recording.ts";
import { loadScenario } from "./scenarios.ts";

export interface RecordOptions {
  /** The name of one of stublab's own encoders. Default: "assembly". */
  readonly encoder?: string;
}

/**
 * Makes a scenario happen to real processes, and answers its recording. No process is left behind.
 *
 * @throws InputError where there is no such scenario or encoder, and what the processes' births throw.
 */
export async function recordScenario(
  name: string,
  options: RecordOptions = {},
): Promise<Recording> {
  object(options, "options");
  const { encoder = "assembly" } = options;
  const scenario = await loadScenario(name);
  const recorder = new Recorder(encoder);
  await scenario.record(recorder);
  return recorder.finish(name, scenario);
}
