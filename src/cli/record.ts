import { renderJson } from "../labs/record/load.ts";
import type { Recording } from "../labs/record/recording.ts";
import { DEFAULT_SCENARIO, refusalOf, SCENARIOS } from "../labs/record/scenarios.ts";
import { visible } from "../lib/visible.ts";
import { type Command, parseCommand, UsageError } from "./command.ts";
import { ENCODER_HELP } from "./encoder.ts";
import { reportFailures } from "./failures.ts";
import { finishing } from "./interruption.ts";
import { checkOutput, writeOutput } from "./output_file.ts";
import { print, printJson, talk, tell } from "./report.ts";
import { recordWatched } from "./scenario.ts";

/** The scenarios, a line each, and of those that do not exist on this machine why. */
function tellScenarios(indent: string): string {
  const lines = Object.entries(SCENARIOS).map(([name, { summary }]) => {
    const refusal = refusalOf(name);
    const told = refusal === undefined ? summary : `(not on this machine: ${refusal})`;
    return `${indent}${name.padEnd(15)} ${told}`;
  });
  return lines.join("\n");
}

const help = `usage: stublab record [SCENARIO] [options]

Plays a scenario with real processes, and records it: every instruction that a stub executes, every call that the
tracer makes, the registers before and after it, what the kernel reports, and why.

  -o, --output FILE   write the recording to FILE (default: standard output, unless it is a terminal)
  --list              list the scenarios
  --encoder E         ${ENCODER_HELP}
  --json              write to standard output even if it is a terminal; with --list, print one document,
                      "stublab.scenarios/1"

SCENARIO is one of these (default ${DEFAULT_SCENARIO}):
${tellScenarios("  ")}

The recording is a document "stublab.recording/1" (docs/recording.md). Exit status: 0 if all facts of the scenario
held, 1 if one did not. The recording is written in both cases.

examples:
  stublab record host -o host.json
  stublab record grandchild --encoder native | jq -r '.steps[].title'
`;

const OPTIONS = {
  output: { type: "string", short: "o" },
  list: { type: "boolean", default: false },
  encoder: { type: "string", default: "assembly" },
  json: { type: "boolean", default: false },
} as const;

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseCommand(args, OPTIONS);
  const [name = DEFAULT_SCENARIO, extra] = positionals;
  if (extra !== undefined) {
    throw new UsageError(`record takes one scenario, got another, "${extra}"`);
  }
  if (values.list) return list(values.json);
  const { output, json } = values;
  if (output === undefined && !json && process.stdout.isTTY) {
    throw new UsageError("refusing to print a recording, a long document, to a terminal", {
      remedy: "name a file with -o FILE, or print it anyway with --json",
    });
  }
  if (output !== undefined) checkOutput(output);
  const recording = await finishing(() => recordWatched(name, values.encoder));
  const text = renderJson(recording);
  if (output === undefined) print(text);
  else {
    await writeOutput(output, text);
    talk(summary(recording, output, text.length));
  }
  return reportFailures(recording);
}

function list(json: boolean): number {
  if (json) {
    const scenarios = Object.entries(SCENARIOS).map(([name, { summary }]) => {
      const refused = refusalOf(name);
      return refused === undefined ? { name, summary } : { name, summary, refused };
    });
    printJson("stublab.scenarios/1", { scenarios });
  } else tell(`${tellScenarios("")}\n`);
  return 0;
}

function summary(
  { scenario, steps, questions, end }: Recording,
  path: string,
  bytes: number,
): string {
  const held = end.filter((fact) => fact.held).length;
  return (
    `${scenario}: ${steps.length} steps, ${questions.length} questions, ${held} of ${end.length} facts held, ` +
    `${Math.ceil(bytes / 1000)} kB in ${visible(path)}\n`
  );
}

export const recordCommand: Command = { help, run };
