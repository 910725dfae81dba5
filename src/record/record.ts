import { setImmediate } from "node:timers/promises";
import type { Encoder } from "../encoder/encoder.ts";
import { StublabError } from "../errors.ts";
import { object } from "../shape.ts";
import { Recorder } from "./recorder.ts";
import type { Recording } from "./recording.ts";
import type { Scenario } from "./scenario.ts";
import { loadScenario } from "./scenarios.ts";

export interface RecordOptions {
  /** The name of one of stublab's own encoders, or what `openEncoder` or `loadEncoder` returns. Default: "assembly". */
  readonly encoder?: string | Encoder;
}

/** How often a scenario is recorded, at most, that fails. */
const MOST_ATTEMPTS = 20;

/**
 * Makes a scenario happen to real processes, and answers its recording. No process is left behind.
 *
 * An attempt that fails is made again, until two fail in the same way. One in which somebody stops and continues this
 * process does not count as such: its stubs may have been sent the same signals.
 *
 * @throws InputError if there is no such scenario or encoder, and what the births of its processes throw
 */
export async function recordScenario(
  name: string,
  options: RecordOptions = {},
): Promise<Recording> {
  object(options, "options");
  const { encoder = "assembly" } = options;
  const scenario = await loadScenario(name);
  const failures: string[] = [];
  let continued = 0;
  const notice = () => {
    continued++;
  };
  process.on("SIGCONT", notice);
  try {
    for (let tries = 1; ; tries++) {
      const before = continued;
      const outcome = await attempt(name, scenario, new Recorder(encoder));
      const failure = failureOf(outcome);
      if (failure !== "" && tries < MOST_ATTEMPTS) {
        // A signal is noticed when the event loop comes to it, which an attempt need not let it.
        for (let turns = 0; turns < 2; turns++) await setImmediate();
        const known = failures.includes(failure);
        if (continued === before) failures.push(failure);
        if (continued !== before || !known) continue;
      }
      if (outcome instanceof StublabError) throw outcome;
      return outcome;
    }
  } finally {
    process.off("SIGCONT", notice);
  }
}

async function attempt(
  name: string,
  scenario: Scenario,
  recorder: Recorder,
): Promise<Recording | StublabError> {
  try {
    await scenario.record(recorder);
    return recorder.finish(name, scenario);
  } catch (error) {
    if (error instanceof StublabError) return error;
    throw error;
  }
}

/** What went wrong, the same for what failed in the same way; empty if nothing did. */
function failureOf(outcome: Recording | StublabError): string {
  // Pids are others in each attempt.
  if (outcome instanceof StublabError) return outcome.message.replaceAll(/\d+/g, "");
  return outcome.end
    .filter(({ held }) => !held)
    .map(({ fact }) => fact)
    .join("\n");
}
