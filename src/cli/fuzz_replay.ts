import { stepsOf } from "../labs/fuzz/case/case.ts";
import { Examiner } from "../labs/fuzz/examiner.ts";
import { KNOWN_NAMES } from "../labs/fuzz/known/arch.ts";
import { plantLine } from "../labs/fuzz/predict/plant.ts";
import { processorLines, sentence, suspectText } from "../labs/fuzz/tell/attribution.ts";
import { machineLine, outcomeTable } from "../labs/fuzz/tell/told.ts";
import { CASE_HELP, readCase } from "./case_file.ts";
import { caseText, fieldsText, rulesText } from "./case_text.ts";
import { type Command, parseCommand } from "./command.ts";
import { folded } from "./fold.ts";
import { MODEL_OPTIONS, modelOf } from "./model_options.ts";
import { printJson, tell } from "./report.ts";

const help = `usage: stublab fuzz replay CASE [options]

Tries a register setup in a new stub, and shows the prediction next to the outcome.

  --plant RULE  plant a bug in the model: remove a rule, or change one of its numbers (W7.FLAG_MASK=0x54dd4)
  --known LIST  the list of known deviations that the model predicts: ${KNOWN_NAMES}
  --json        print one document, "stublab.replay/1"

${CASE_HELP}

Exit status: 0 if the outcome matches the prediction, 1 if it differs, 3 if this machine cannot try the case.

examples:
  stublab fuzz replay case.json
  stublab fuzz replay findings/1f2e3d4c --json | jq .differences
`;

const CANNOT = 3;

const OPTIONS = {
  json: { type: "boolean", default: false },
  ...MODEL_OPTIONS,
} as const;

function run(args: readonly string[]): number {
  const { values, positionals } = parseCommand(args, OPTIONS);
  const { change, known } = modelOf(values);
  using examiner = new Examiner({ change, known });
  const { machine } = examiner;
  const it = readCase("fuzz replay", positionals);
  const examination = examiner.examine(it);
  const { differences, unpredicted, rules, suspects, untried } = examination;
  if (values.json) {
    printJson("stublab.replay/1", outcomeTable(examination, machine));
  } else {
    const count = differences.length;
    const steps = stepsOf(it).length;
    const shown = stepsOf(examination.it).length;
    const of = steps === 1 ? "" : ` of step ${shown}`;
    const rest = shown === steps ? "" : " Steps after it are not shown.";
    const verdict =
      untried !== undefined
        ? `This kernel cannot be given the case: ${untried}.`
        : count > 0
          ? `${count} field${count === 1 ? "" : "s"}${of} differ${count === 1 ? "s" : ""} from the prediction.`
          : unpredicted === null
            ? "The outcome matches the prediction."
            : `The outcome matches the prediction; by rule ${unpredicted} the stop is not predicted.`;
    const text =
      `case\n${caseText(examination.it)}\n${plantLine(change)}outcome, on ${machineLine(machine)}\n` +
      `${fieldsText(examination)}\nrules\n${rulesText(rules)}\n${verdict}${rest}\n` +
      [suspectText(suspects), ...processorLines(suspects.rules, machine)]
        .filter((line) => line !== "")
        .map((line) => `${sentence(line)}\n`)
        .join("");
    tell(folded(text));
  }
  if (untried !== undefined) return CANNOT;
  return differences.length === 0 ? 0 : 1;
}

export const fuzzReplayCommand: Command = { help, run };
