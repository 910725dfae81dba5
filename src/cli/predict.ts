import { type Arch, HOST_ARCH } from "../core/machine/index.ts";
import { type Machine, USUAL_MACHINE } from "../labs/fuzz/machine.ts";
import { predict, readThisMachine } from "../labs/fuzz/predict/predict.ts";
import type { CasePrediction } from "../labs/fuzz/predict/prediction.ts";
import { ruleOf, ruleText } from "../labs/fuzz/predict/rules.ts";
import { processorLines } from "../labs/fuzz/tell/attribution.ts";
import { isMeant, type ListedRule, listRules } from "../labs/fuzz/tell/rule_list.ts";
import { predictionTable } from "../labs/fuzz/tell/told.ts";
import { StublabError } from "../lib/errors.ts";
import { grouped } from "../lib/group.ts";
import { parseArch } from "./arch.ts";
import { CASE_HELP, readCase } from "./case_file.ts";
import { caseText } from "./case_text.ts";
import { type Command, parseCommand, UsageError } from "./command.ts";
import { folded } from "./fold.ts";
import { machineNamed } from "./machines.ts";
import { MODEL_OPTIONS, modelOf } from "./model_options.ts";
import { paint, printJson, talk, tell } from "./report.ts";

const help = `usage: stublab predict CASE [options]
       stublab predict --list [WORD…] [--arch ARCH] [--json]

Predicts what the kernel and the processor do with a register setup: whether the write is accepted, what is read back,
what happens after the resume, and which rules decide it. Nothing is executed.

  --machine M   predict for another machine: KERNEL/PROCESSOR, such as linux-5.10/intel-6-207, with ,-fsgsbase if it has no
                FSGSBASE; a wrong name lists all. Default: this machine
  --plant RULE  plant a bug in the model: remove a rule, or change one of its numbers (W7.FLAG_MASK=0x54dd4)
  --list        list the rules of the model, with the condition under which each holds and its source: all, or those
                that a word selects: an id, a phase (write, return, resume, unpredicted), or part of the text
  --arch ARCH   list the rules for amd64 or arm64. Default: this machine's
  --json        print one document, "stublab.prediction/1"; with --list, "stublab.rules/1"

${CASE_HELP}

examples:
  stublab predict case.json
  stublab predict --list W3 selector
  stublab predict - <<< '{"schema": "stublab.case/1", "registers": {"cs": "0x10"}}'
`;

const OPTIONS = {
  json: { type: "boolean", default: false },
  machine: { type: "string" },
  plant: MODEL_OPTIONS.plant,
  list: { type: "boolean", default: false },
  arch: { type: "string" },
} as const;

function run(args: readonly string[]): number {
  const { values, positionals } = parseCommand(args, OPTIONS);
  const { list, arch, json } = values;
  if (list) return printRules(positionals, arch === undefined ? HOST_ARCH : parseArch(arch), json);
  if (arch !== undefined) throw new UsageError("--arch is for --list: it needs --list");
  const it = readCase("predict", positionals);
  const machine = values.machine === undefined ? readMachineAnyhow() : machineNamed(values.machine);
  const { change } = modelOf(values);
  const prediction = predict(it, { machine, change });
  if (values.json) {
    printJson("stublab.prediction/1", predictionTable(prediction, machine));
    return 0;
  }
  const ends = [...missing(prediction), ...processorLines(prediction.rules, machine, false)];
  tell(folded(caseText(prediction, "prediction, for", { machine, change }, ends)));
  return 0;
}

/** Lists the rules of a model that words select. @throws UsageError for a word that selects none */
function printRules(words: readonly string[], arch: Arch, json: boolean): number {
  const all = listRules(arch);
  const stray = words.find((word) => !all.some((rule) => isMeant(rule, word)));
  if (stray !== undefined) {
    throw new UsageError(`no rule matches "${stray}"`, { remedy: "--list lists all rules" });
  }
  const isChosen = (rule: ListedRule) => words.some((word) => isMeant(rule, word));
  const rules = words.length === 0 ? all : all.filter(isChosen);
  if (json) printJson("stublab.rules/1", { arch, rules });
  else {
    for (const [phase, own] of grouped(rules, ({ phase }) => phase)) {
      tell(folded(`${paint("bold", phase)}\n${own.map(listedText).join("")}\n`));
    }
  }
  return 0;
}

function listedText({ id, text, condition, source, asked }: ListedRule): string {
  const basis = [condition, source, asked && `asked: ${asked}`].filter(Boolean).join("; ");
  return `  ${id.padEnd(6)}${text}\n        ${paint("dim", basis)}\n`;
}

function missing({ it, unpredicted }: CasePrediction): string[] {
  if (unpredicted === null || it.on === "NONE") return [];
  const rule = ruleOf(unpredicted);
  return [`The stop is not predicted: ${unpredicted}: ${rule === undefined ? "" : ruleText(rule)}`];
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
