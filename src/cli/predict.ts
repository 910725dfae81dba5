import { type Arch, HOST_ARCH } from "../core/machine/index.ts";
import { type Machine, USUAL_MACHINE } from "../labs/fuzz/machine.ts";
import { predict, readThisMachine } from "../labs/fuzz/predict/predict.ts";
import type { CasePrediction } from "../labs/fuzz/predict/prediction.ts";
import {
  isMeant,
  type ListedRule,
  listRules,
  ruleOf,
  ruleText,
} from "../labs/fuzz/predict/rules.ts";
import { processorLines } from "../labs/fuzz/tell/attribution.ts";
import { machineLine, predictionTable } from "../labs/fuzz/tell/told.ts";
import { InputError, StublabError } from "../lib/errors.ts";
import { grouped } from "../lib/group.ts";
import { planted, readCase } from "./case_file.ts";
import { caseText } from "./case_text.ts";
import { machineNamed } from "./machines.ts";
import { paint, publish, talk } from "./report.ts";
import type { Values } from "./table/command.ts";
import type { predict as table } from "./table/kernel.ts";

export function runPredict(words: readonly string[], values: Values<typeof table>) {
  const { list, arch, known, json } = values;
  if (list) return printRules(words, arch ?? HOST_ARCH, json);
  if (arch !== undefined) throw new InputError("--arch is for --list: it needs --list");
  const [path, extra] = words;
  if (path === undefined || extra !== undefined)
    throw new InputError("predict takes exactly one case", { remedy: "--list lists the rules" });
  const it = readCase(path);
  const machine = values.machine === undefined ? readMachineAnyhow() : machineNamed(values.machine);
  const change = planted(values.plant);
  const prediction = predict(it, { machine, change, known });
  const ends = [...missing(prediction), ...processorLines(prediction.rules, machine, false)];
  const text = caseText(prediction, "prediction, for", { machine, change }, ends);
  publish(json, "stublab.prediction/1", predictionTable(prediction, machine), text);
  return 0;
}

/** Lists the rules of a model that words select. @throws InputError for a word that selects none */
function printRules(words: readonly string[], arch: Arch, json?: true): number {
  const all = listRules(arch);
  const found = words.map((word) => all.filter((rule) => isMeant(rule, word)));
  const stray = found.findIndex((own) => own.length === 0);
  if (stray >= 0)
    throw new InputError(`no rule matches "${words[stray]}"`, { remedy: "--list lists all rules" });
  const rules = words.length === 0 ? all : all.filter((rule) => found.flat().includes(rule));
  const texts = [...grouped(rules, ({ phase }) => phase)].map(
    ([phase, own]) => `${paint("bold", phase)}\n${own.map(listedText).join("")}\n`,
  );
  publish(json, "stublab.rules/1", { arch, rules }, texts.join(""));
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

/** Reads the machine; if the probe cannot start here, assumes a usual one. */
function readMachineAnyhow(): Machine {
  try {
    return readThisMachine();
  } catch (error) {
    if (!(error instanceof StublabError)) throw error;
    talk(`stublab: the probe cannot read this machine; assuming ${machineLine(USUAL_MACHINE)}\n`);
    return USUAL_MACHINE;
  }
}
