import { stepsOf } from "../labs/fuzz/case/case.ts";
import { Examiner } from "../labs/fuzz/examiner.ts";
import { KNOWN_NAMES } from "../labs/fuzz/known/arch.ts";
import { changedWords } from "../labs/fuzz/predict/minimize.ts";
import { caseJson } from "../labs/fuzz/tell/told.ts";
import { CASE_HELP, readCase } from "./case_file.ts";
import { type Command, parseCommand } from "./command.ts";
import { MODEL_OPTIONS, modelOf } from "./model_options.ts";
import { writeOutput } from "./output_file.ts";
import { print, talk } from "./report.ts";
import { plural } from "./rows.ts";

const help = `usage: stublab fuzz minimize CASE [options]

Reduces a register setup to the smallest one whose outcome differs from its prediction in the same field. If the
outcome matches its prediction, the result is the smallest setup with the same kind of outcome. Each candidate is
tried in a stub.

  --plant RULE        plant a bug in the model, as in \`stublab fuzz replay\`
  --known LIST        the list of known deviations that the model predicts: ${KNOWN_NAMES}
  -o, --output FILE   write the case to FILE (default: standard output)
  --json              has no effect: the output is always a document "stublab.case/1"

${CASE_HELP}

examples:
  stublab fuzz minimize found.json -o small.json
  stublab fuzz minimize - < found.json | stublab predict -
`;

const OPTIONS = {
  output: { type: "string", short: "o" },
  ...MODEL_OPTIONS,
  json: { type: "boolean", default: false },
} as const;

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseCommand(args, OPTIONS);
  using examiner = new Examiner(modelOf(values));
  const it = readCase("fuzz minimize", positionals);
  const small = examiner.minimize(it);
  const text = caseJson(small);
  if (values.output === undefined) print(text);
  else await writeOutput(values.output, text);
  const [before, after] = [changedWords(it), changedWords(small)];
  const [steps, left] = [stepsOf(it).length, stepsOf(small).length];
  const fewer = steps === 1 ? "" : `; ${steps} steps, ${left} now`;
  talk(`${plural(before, "word")} differed from the baseline, ${after} now${fewer}\n`);
  return 0;
}

export const fuzzMinimizeCommand: Command = { help, run };
