import { formatCase } from "../fuzz/case.ts";
import { Examiner } from "../fuzz/examiner.ts";
import { exportC } from "../fuzz/export_c.ts";
import { subjectOf } from "../fuzz/finding.ts";
import { parsePlant, plantOption } from "../fuzz/plant.ts";
import { machineLine } from "../fuzz/told.ts";
import { CASE_HELP, readCase } from "./case_file.ts";
import { type Command, parseCommand, UsageError } from "./command.ts";
import { writeOutput } from "./output_file.ts";
import { print } from "./report.ts";

const help = `usage: stublab fuzz export CASE --c [options]

Tries a register setup, and writes a program in C that needs neither Node.js nor stublab: it does the same, and
compares what it sees with what is predicted and with what was seen here.

  --c                 in C, which is all there is
  --plant RULE        with a bug in the model, as \`stublab fuzz replay\` has it
  -o, --output FILE   where the program goes (default: standard output)

${CASE_HELP}

The program's exit status: 0 all is as it was seen here, 1 something is not, 2 it could not be tried.

example:
  stublab fuzz export case.json --c -o repro.c && cc -std=c11 -Wall -Wextra -o repro repro.c && ./repro
`;

const OPTIONS = {
  c: { type: "boolean", default: false },
  output: { type: "string", short: "o" },
  plant: { type: "string" },
} as const;

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseCommand(args, OPTIONS);
  if (!values.c) {
    throw new UsageError("export wants to be told a language", {
      remedy: "--c writes a program in C",
    });
  }
  const change = values.plant === undefined ? undefined : parsePlant(values.plant);
  using examiner = new Examiner({ change });
  const { constants, machine } = examiner;
  const it = readCase("fuzz export", positionals, constants);
  const examination = examiner.examine(it);
  const { predicted, stable, differences } = examination;
  const text = exportC(
    it,
    { predicted, seen: stable },
    {
      document: formatCase(it, constants),
      machine: machineLine(machine),
      ...(differences.length > 0 && { subject: subjectOf(examination, constants) }),
      replayOptions: plantOption(change),
    },
  );
  if (values.output === undefined) print(text);
  else await writeOutput(values.output, text);
  return 0;
}

export const fuzzExportCommand: Command = { help, run };
