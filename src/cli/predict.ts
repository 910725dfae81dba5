import { type Machine, USUAL_MACHINE } from "../labs/fuzz/machine.ts";
import { plantLine } from "../labs/fuzz/predict/plant.ts";
import { predict, readThisMachine } from "../labs/fuzz/predict/predict.ts";
import type { CasePrediction } from "../labs/fuzz/predict/prediction.ts";
import { ruleOf, ruleText } from "../labs/fuzz/predict/rules.ts";
import { processorLines } from "../labs/fuzz/tell/attribution.ts";
import { machineLine, predictionTable } from "../labs/fuzz/tell/told.ts";
import { StublabError } from "../lib/errors.ts";
import { CASE_HELP, readCase } from "./case_file.ts";
import { caseText, fieldsText, rulesText } from "./case_text.ts";
import { type Command, parseCommand } from "./command.ts";
import { folded } from "./fold.ts";
import { machineNamed } from "./machines.ts";
import { MODEL_OPTIONS, modelOf } from "./model_options.ts";
import { printJson, talk, tell } from "./report.ts";

const help = `usage: stublab predict CASE [options]

Predicts what the kernel and the processor do with a register setup: whether the write is accepted, what is read back,
what happens after the resume, and which rules decide it. Nothing is executed.

  --machine M   predict for another machine: KERNEL/PROCESSOR, such as linux-5.10/intel-6-207, with ,-fsgsbase if it has no
                FSGSBASE; a wrong name lists all. Default: this machine
  --plant RULE  plant a bug in the model: remove a rule, or change one of its numbers (W7.FLAG_MASK=0x54dd4)
  --json        print one document, "stublab.prediction/1"

${CASE_HELP}

examples:
  stublab predict case.json
  stublab predict - <<< '{"schema": "stublab.case/1", "registers": {"cs": "0x10"}}'
`;

const OPTIONS = {
  json: { type: "boolean", default: false },
  machine: { type: "string" },
  plant: MODEL_OPTIONS.plant,
} as const;

function run(args: readonly string[]): number {
  const { values, positionals } = parseCommand(args, OPTIONS);
  const it = readCase("predict", positionals);
  const machine = values.machine === undefined ? readMachineAnyhow() : machineNamed(values.machine);
  const { change } = modelOf(values);
  const prediction = predict(it, { machine, change });
  if (values.json) {
    printJson("stublab.prediction/1", predictionTable(prediction, machine));
    return 0;
  }
  const { rules } = prediction;
  const parts = [
    `case\n${caseText(it)}`,
    `${plantLine(change)}prediction, for ${machineLine(machine)}\n${fieldsText(prediction)}`,
    whatIsMissing(prediction),
    `rules\n${rulesText(rules) || "  none: every register is accepted unchanged\n"}`,
    processorLines(rules, machine, false)
      .map((line) => `${line}\n`)
      .join(""),
  ];
  tell(folded(parts.filter((part) => part !== "").join("\n")));
  return 0;
}

function whatIsMissing({ it, unpredicted }: CasePrediction): string {
  if (unpredicted === null || it.on === "NONE") return "";
  const rule = ruleOf(unpredicted);
  return `The stop is not predicted: ${unpredicted}: ${rule === undefined ? "" : ruleText(rule)}\n`;
}

/** Reads the machine; if nothing can be traced here, assumes a usual one. */
function readMachineAnyhow(): Machine {
  try {
    return readThisMachine();
  } catch (error) {
    if (!(error instanceof StublabError)) throw error;
    const { xstateLength, features } = USUAL_MACHINE;
    const area = xstateLength === 0 ? "" : `an XSAVE area of ${xstateLength} bytes and `;
    talk(
      `stublab: nothing can be traced here; assuming ${area}the features ${features.join(", ")}\n`,
    );
    return USUAL_MACHINE;
  }
}

export const predictCommand: Command = { help, run };
