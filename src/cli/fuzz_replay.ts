import { formatCase } from "../fuzz/case.ts";
import { Examiner } from "../fuzz/examiner.ts";
import { parsePlant, plantLine } from "../fuzz/plant.ts";
import { differenceTable, fieldTable, machineLine, ruleTable } from "../fuzz/told.ts";
import { CASE_HELP, readCase } from "./case_file.ts";
import { caseText, fieldsText, rulesText } from "./case_text.ts";
import { type Command, parseCommand } from "./command.ts";
import { folded } from "./fold.ts";
import { printJson, tell } from "./report.ts";

const help = `usage: stublab fuzz replay CASE [options]

Tries a register setup in a stub of its own, and shows what is predicted beside what is seen.

  --plant RULE  leave a rule of the model out, or give it another number (W7.mask=0x54dd4): a bug, to see it caught
  --json        one document, "stublab.replay/1"

${CASE_HELP}

Exit status: 0 where all that is predicted is seen, 1 where something differs.

examples:
  stublab fuzz replay case.json
  stublab fuzz replay findings/1f2e3d4c --json | jq .differences
`;

const OPTIONS = {
  json: { type: "boolean", default: false },
  plant: { type: "string" },
} as const;

function run(args: readonly string[]): number {
  const { values, positionals } = parseCommand(args, OPTIONS);
  const change = values.plant === undefined ? undefined : parsePlant(values.plant);
  using examiner = new Examiner({ change });
  const { constants, machine } = examiner;
  const it = readCase("fuzz replay", positionals, constants);
  const examination = examiner.examine(it);
  const { predicted, seen, differences, unpredicted, rules } = examination;
  if (values.json) {
    printJson("stublab.replay/1", {
      case: formatCase(it, constants),
      machine,
      unpredicted,
      prediction: fieldTable(predicted),
      outcome: fieldTable(seen),
      differences: differenceTable(differences),
      rules: ruleTable(rules),
    });
  } else {
    const count = differences.length;
    const verdict =
      count > 0
        ? `${count} field${count === 1 ? " differs" : "s differ"} from the prediction.`
        : unpredicted === null
          ? "All is as predicted."
          : `What is predicted is as predicted; the stop is not, by rule ${unpredicted}.`;
    const text =
      `case\n${caseText(it, constants)}\n${plantLine(change)}outcome, on ${machineLine(machine)}\n` +
      `${fieldsText(it, predicted, seen, constants)}\nrules\n${rulesText(rules)}\n${verdict}\n`;
    tell(folded(text));
  }
  return differences.length === 0 ? 0 : 1;
}

export const fuzzReplayCommand: Command = { help, run };
