import { stepsOf } from "../labs/fuzz/case/case.ts";
import { type CaseOutcome, Examiner } from "../labs/fuzz/examiner.ts";
import { KNOWN_NAMES } from "../labs/fuzz/known/arch.ts";
import { processorLines, sentence, suspectText } from "../labs/fuzz/tell/attribution.ts";
import { outcomeTable } from "../labs/fuzz/tell/told.ts";
import { CASE_HELP, readCase } from "./case_file.ts";
import { caseText } from "./case_text.ts";
import { type Command, parseCommand } from "./command.ts";
import { folded } from "./fold.ts";
import { MODEL_OPTIONS, modelOf } from "./model_options.ts";
import { printJson, tell } from "./report.ts";
import { plural } from "./rows.ts";

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
  const { differences, suspects, untried } = examination;
  if (values.json) printJson("stublab.replay/1", outcomeTable(examination, machine));
  else {
    const lines = [suspectText(suspects), ...processorLines(suspects.rules, machine)];
    const ends = [
      verdictOf(examination, stepsOf(it).length),
      ...lines.filter(Boolean).map(sentence),
    ];
    tell(folded(caseText(examination, "outcome, on", { machine, change }, ends)));
  }
  if (untried !== undefined) return CANNOT;
  return differences.length === 0 ? 0 : 1;
}

/** @param steps of the whole case: those after one that differs are not tried */
function verdictOf({ it, differences, unpredicted, untried }: CaseOutcome, steps: number): string {
  if (untried !== undefined) return `This kernel cannot be given the case: ${untried}.`;
  const [count, shown] = [differences.length, stepsOf(it).length];
  const rest = shown === steps ? "" : " Steps after it are not shown.";
  if (count > 0) {
    const which = `${plural(count, "field")}${steps === 1 ? "" : ` of step ${shown}`}`;
    return `${which} differ${count === 1 ? "s" : ""} from the prediction.${rest}`;
  }
  const why = unpredicted === null ? "" : `; by rule ${unpredicted} the stop is not predicted`;
  return `The outcome matches the prediction${why}.${rest}`;
}

export const fuzzReplayCommand: Command = { help, run };
