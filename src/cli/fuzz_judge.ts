import {
  JUDGEMENT_SCHEMA,
  type JudgementReport,
  judge,
  judgementReport,
} from "../labs/fuzz/recordings/judge.ts";
import { MOST_BYTES } from "../labs/fuzz/recordings/recording.ts";
import { machineLine } from "../labs/fuzz/tell/told.ts";
import { InputError } from "../lib/errors.ts";
import { inputName, type Limit, readInput } from "../lib/input.ts";
import { visible } from "../lib/visible.ts";
import { type Command, parseCommand, UsageError } from "./command.ts";
import { folded } from "./fold.ts";
import { causeText } from "./fuzz_text.ts";
import { MODEL_OPTIONS, modelOf } from "./model_options.ts";
import { paint, printJson, tell } from "./report.ts";
import { number, row } from "./rows.ts";

const help = `usage: stublab fuzz judge FILE [options]

Predicts each case of a recording by the machine that the recording describes, and compares the prediction with the
recorded outcome. Nothing is tried, so a recording of any machine is judged on any other.

FILE is a recording that \`stublab fuzz --record\` has written (docs/fuzzing.md), with or without gzip; - is standard
input.

  --plant RULE  plant a bug in the model, as in \`stublab fuzz\`, to see whether the recording shows it
  --json        print one document, "stublab.judgement/1"

Exit status: 0 if every recorded outcome matches its prediction, 1 if one does not, 2 if the file is not a recording, 3 if
the model for its architecture cannot be loaded here.

examples:
  stublab fuzz --cases 100000 --record mine.jsonl.gz && stublab fuzz judge mine.jsonl.gz
  stublab fuzz judge mine.jsonl.gz --plant R12
`;

const OPTIONS = {
  json: { type: "boolean", default: false },
  plant: MODEL_OPTIONS.plant,
} as const;

const FILE_LIMIT: Limit = { most: MOST_BYTES, of: "a recording" };

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseCommand(args, OPTIONS);
  const [file, extra] = positionals;
  if (file === undefined || extra !== undefined) {
    throw new UsageError("fuzz judge takes one recording", {
      remedy: "stublab fuzz --record FILE makes one",
    });
  }
  const { change } = modelOf(values);
  const input = file === "-" ? 0 : file;
  const judgement = await judge(readInput(input, FILE_LIMIT), { change }).catch((cause) => {
    if (!(cause instanceof InputError)) throw cause;
    throw new InputError(`${inputName(input)}: ${cause.message}`, { cause });
  });
  const report = judgementReport(judgement);
  if (values.json) printJson(JUDGEMENT_SCHEMA, report);
  else tell(folded(judgementText(report)));
  return report.contradictions.cases === 0 ? 0 : 1;
}

function judgementText(report: JudgementReport): string {
  const { machine, known, about, planted, cases, unpredicted, contradictions } = report;
  const examined = contradictions.causes.reduce((sum, cause) => sum + cause.cases, 0);
  return [
    row("recording", machineLine(machine)),
    row("", about && visible(about)),
    row("", known && `known deviations: ${known}`),
    row("planted", planted),
    row("cases", number(cases)),
    row("unpredicted", number(unpredicted.cases)),
    ...unpredicted.rules.map(({ rule, text, cases }) =>
      row("", `${rule.padEnd(4)} ${number(cases).padStart(6)}  ${text}`),
    ),
    row(
      "contradicted",
      contradictions.cases === 0
        ? paint("green", "none: every recorded outcome matches its prediction")
        : paint("red", `${number(contradictions.cases)} cases`),
    ),
    row("", examined < contradictions.cases && `causes of ${examined} of them`),
    ...contradictions.causes.flatMap(causeLines),
  ].join("");
}

type Cause = JudgementReport["contradictions"]["causes"][number];

/** A cause, with the first cases that have it. */
function causeLines(cause: Cause): string[] {
  return [
    causeText(cause, cause.cases),
    ...cause.first.flatMap(({ line, case: document, differences: [difference] }) => [
      `    line ${line}  ${visible(difference?.field ?? "")}: predicted ${difference?.predicted}, recorded ${difference?.seen}\n`,
      `      ${JSON.stringify(document)}\n`,
    ]),
  ];
}

export const fuzzJudgeCommand: Command = { help, run };
