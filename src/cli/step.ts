import { existsSync } from "node:fs";
import { InputError } from "../errors.ts";
import { nearest } from "../nearest.ts";
import { loadRecording } from "../record/load.ts";

import type { Recording } from "../record/recording.ts";
import { DEFAULT_SCENARIO, SCENARIOS } from "../record/scenarios.ts";
import { walkThrough } from "../record/terminal/session.ts";
import { renderJson } from "../record/view/json.ts";
import { renderText } from "../record/view/text.ts";
import { stepNumber } from "../record/view/told.ts";
import { type Command, parseCommand, parseCount, UsageError } from "./command.ts";
import { ENCODER_HELP } from "./encoder.ts";
import { failures } from "./failures.ts";
import { finishing } from "./interruption.ts";
import { print, talk, writeAll } from "./report.ts";
import { recordFor } from "./scenario.ts";

const help = `usage: stublab step [SCENARIO | FILE] [options]

Records a scenario, or loads a recording, and walks through it in the terminal, forwards and backwards: lanes, code,
registers, what the kernel says, and why. Nothing runs while you look. Before the steps that matter it asks what will
happen. Where the input or the output is no terminal, or a dumb one, the steps are printed as text.

  --step N      start at that step, and not with the introduction
  --encoder E   of a scenario: ${ENCODER_HELP}
  --json        print the recording, a document "stublab.recording/1"

A word that is a scenario's name is one (default ${DEFAULT_SCENARIO}; \`stublab record --list\` has all); ./NAME is a file.

keys:
  → ←         the next and the previous step         ↓ ↑     choose a lane: → and ← keep to its steps
  ] [         the same for events: no instructions   Esc     all lanes again
  Home End    the introduction, and the end          g       go to a step by its number
  /  n N      search, the next, the previous         Tab     the next pane; j and k scroll it
  1 - 9       answer a question (Enter skips it)     a       ask it again
  ?           all keys, and what the signs mean      q       quit

Exit status: 0, or 1 where the scenario did not end as it must.

examples:
  stublab step grandchild
  stublab step host.json --step 12
  stublab step cascade | less
`;

const OPTIONS = {
  step: { type: "string" },
  encoder: { type: "string" },
  json: { type: "boolean", default: false },
} as const;

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseCommand(args, OPTIONS);
  const [name = DEFAULT_SCENARIO, extra] = positionals;
  if (extra !== undefined)
    throw new UsageError(`step takes one recording, and "${extra}" is another`);
  const recording = await obtain(name, values.encoder);
  const at = values.step === undefined ? undefined : indexOf(values.step, recording);
  if (values.json) print(renderJson(recording));
  else await show(recording, at);
  const lines = failures(recording);
  talk(lines.join(""));
  return lines.length === 0 ? 0 : 1;
}

/** The recording of a scenario of that name, or what a file has. */
function obtain(name: string, encoder: string | undefined): Promise<Recording> | Recording {
  if (Object.hasOwn(SCENARIOS, name)) {
    return finishing(() => recordFor(name, encoder));
  }
  const isPath = name.includes("/");
  if (!isPath && !existsSync(name)) throw unknown(name);
  if (encoder === undefined) return loadRecording(name);
  throw new UsageError("--encoder is for a scenario, and not for a recording, which has its own");
}

function unknown(name: string): InputError {
  const near = nearest(name, Object.keys(SCENARIOS));
  const hint = near === undefined ? "" : `; did you mean ${near}?`;
  return new InputError(`there is no scenario "${name}", and no file of that name${hint}`, {
    remedy: `scenarios: ${Object.keys(SCENARIOS).join(", ")}`,
  });
}

function indexOf(text: string, { steps }: Recording): number {
  const index = parseCount("--step", text, steps.length) - stepNumber(0);
  if (index >= 0) return index;
  throw new UsageError(`--step takes a number from ${stepNumber(0)} to ${steps.length}`);
}

async function show(recording: Recording, at: number | undefined): Promise<void> {
  const { stdin, stdout } = process;
  const dumb = (process.env.TERM ?? "dumb") === "dumb";
  if (stdin.isTTY && stdout.isTTY && !dumb) {
    return walkThrough(recording, { input: stdin, output: stdout, at: at ?? -1 });
  }
  const text = renderText(recording, at === undefined ? {} : { from: at });
  writeAll(1, Buffer.from(text));
}

export const stepCommand: Command = { help, run };
