import { Examiner } from "../fuzz/examiner.ts";
import { parsePlant } from "../fuzz/predict/plant.ts";
import { exportC } from "../fuzz/tell/export_c.ts";
import { CASE_HELP, readCase } from "./case_file.ts";
import { type Command, parseCommand, UsageError } from "./command.ts";
import { writeOutput } from "./output_file.ts";
import { print } from "./report.ts";

const help = `usage: stublab fuzz export CASE --c [options]

Tries a register setup, and writes a C program that tries it without Node.js or stublab. The program compares the
outcome with the prediction and with the outcome seen here.

  --c                 write C, the only language
  --plant RULE        plant a bug in the model, as in \`stublab fuzz replay\`
  -o, --output FILE   write the program to FILE (default: standard output)

${CASE_HELP}

Exit status of the program: 0 if the outcome is the one seen here, 1 if it differs, 2 if the case cannot be tried.

example:
  stublab fuzz export case.json --c -o repro.c && cc -std=c11 -Wall -Wextra -o repro repro.c && ./repro
`;

const OPTIONS = {
  c: { type: "boolean", default: false },
  kselftest: { type: "boolean", default: false },
  output: { type: "string", short: "o" },
  plant: { type: "string" },
} as const;

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseCommand(args, OPTIONS);
  if (!values.c && !values.kselftest) {
    throw new UsageError("fuzz export needs a language", {
      remedy: "use --c to write a C program",
    });
  }
  const change = values.plant === undefined ? undefined : parsePlant(values.plant);
  using examiner = new Examiner({ change });
  const { constants, machine } = examiner;
  const it = readCase("fuzz export", positionals, constants);
  const text = exportC(examiner.examine(it), { machine, change, kselftest: values.kselftest });
  if (values.output === undefined) print(text);
  else await writeOutput(values.output, text);
  return 0;
}

export const fuzzExportCommand: Command = { help, run };
