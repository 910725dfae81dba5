import { existsSync } from "node:fs";
import { userInfo } from "node:os";
import { loadRecording, renderJson } from "../labs/record/load.ts";
import { readerSeed } from "../labs/record/reading.ts";
import type { Recording } from "../labs/record/recording.ts";
import { DEFAULT_SCENARIO, SCENARIOS } from "../labs/record/scenarios.ts";
import { tasksOf } from "../labs/record/tasks/tasks.ts";
import { stepNumber } from "../labs/record/tell.ts";
import { walkThrough } from "../labs/record/terminal/session.ts";
import { renderText } from "../labs/record/text.ts";
import { InputError } from "../lib/errors.ts";
import { nearest } from "../lib/nearest.ts";
import { type Command, parseCommand, parseCount, UsageError } from "./command.ts";
import { ENCODER_HELP } from "./encoder.ts";
import { reportFailures } from "./failures.ts";
import { finishing } from "./interruption.ts";
import { print, writeAll } from "./report.ts";
import { recordWatched } from "./scenario.ts";

const help = `usage: stublab step [SCENARIO | FILE] [options]

Records a scenario, or loads a recording, and walks through it in the terminal, forwards and backwards. It shows the
lanes, the code, the registers, what the kernel reports, and why. No process is running by then. Before important steps
it asks what will happen. If the input or output is not a terminal, or is a dumb one, the steps are printed as text.

  --step N      start at step N instead of the introduction, or at an open question before it
  --encoder E   for a scenario: ${ENCODER_HELP}
  --seed S      a number or a name, which determines the order of choices (default: your user name)
  --json        print the recording, a document "stublab.recording/1"

A scenario's name takes precedence (default ${DEFAULT_SCENARIO}; \`stublab record --list\` lists all); ./NAME is a file.

keys:
  → ←         next and previous step                 ↓ ↑     select a lane: → and ← stay in it
  ] [         the same, skipping instructions        Esc     all lanes again
  Home End    introduction and end                   g       go to a step by its number
  /  n N      search, next match, previous match     Tab     next pane; j and k scroll it
  w           who wrote a register's value           Backspace  back to before g, w, /
  1 - 9       answer a question (or ↓ ↑ and Enter)   s  a    show the answer, ask again
  ?           all keys, and the meaning of signs     q       quit

Nothing that leads forward passes a question that is not answered, nor searches behind it; s shows the answer.

Exit status: 0 if all facts of the scenario held, 1 if one did not.

examples:
  stublab step grandchild
  stublab step host.json --step 12
  stublab step cascade | less
`;

const OPTIONS = {
  step: { type: "string" },
  encoder: { type: "string" },
  seed: { type: "string" },
  json: { type: "boolean", default: false },
} as const;

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseCommand(args, OPTIONS);
  const [name = DEFAULT_SCENARIO, extra] = positionals;
  if (extra !== undefined)
    throw new UsageError(`step takes one recording, got another, "${extra}"`);
  const recording = await obtain(name, values.encoder);
  const at = values.step === undefined ? undefined : indexOf(values.step, recording);
  if (values.json) print(renderJson(recording));
  else await show(recording, at, readerSeed(values.seed ?? userName()));
  return reportFailures(recording);
}

/** Records the scenario of that name, or loads a file. */
function obtain(name: string, encoder: string | undefined): Promise<Recording> | Recording {
  if (Object.hasOwn(SCENARIOS, name)) {
    return finishing(() => recordWatched(name, encoder));
  }
  const isPath = name.includes("/");
  if (!isPath && !existsSync(name)) throw unknown(name);
  if (encoder === undefined) return loadRecording(name);
  throw new UsageError("--encoder applies only to a scenario: a recording has its own encoder");
}

function unknown(name: string): InputError {
  const near = nearest(name, Object.keys(SCENARIOS));
  const hint = near === undefined ? "" : `; did you mean ${near}?`;
  return new InputError(`"${name}" is neither a scenario nor a file${hint}`, {
    remedy: `scenarios: ${Object.keys(SCENARIOS).join(", ")}`,
  });
}

function indexOf(text: string, { steps }: Recording): number {
  const index = parseCount("--step", text, steps.length) - stepNumber(0);
  if (index >= 0) return index;
  throw new UsageError(`--step: expected a number from ${stepNumber(0)} to ${steps.length}`);
}

/** The same reader sees the same order each time. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // The user id has no entry in the system's list.
    return "";
  }
}

async function show(recording: Recording, at: number | undefined, seed: number): Promise<void> {
  const { stdin, stdout } = process;
  const dumb = (process.env.TERM ?? "dumb") === "dumb";
  if (stdin.isTTY && stdout.isTTY && !dumb) {
    const tasks = tasksOf(recording);
    return walkThrough(recording, { input: stdin, output: stdout, at: at ?? -1, seed, tasks });
  }
  const text = renderText(recording, at === undefined ? {} : { from: at });
  writeAll(1, Buffer.from(text));
}

export const stepCommand: Command = { help, run };
