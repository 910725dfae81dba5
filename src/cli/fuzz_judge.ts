import {
  JUDGEMENT_SCHEMA,
  type JudgementReport,
  judge,
  judgementReport,
} from "../labs/fuzz/recordings/judge.ts";
import { MOST_BYTES } from "../labs/fuzz/recordings/recording.ts";
import { machineLine } from "../labs/fuzz/tell/told.ts";
import { InputError } from "../lib/errors.ts";
import { inputName, readInput } from "../lib/input.ts";
import { count } from "../lib/page/figures.ts";
import { visible } from "../lib/visible.ts";
import { planted } from "./case_file.ts";
import { causeText, differenceText } from "./fuzz_text.ts";
import { paint, publish } from "./report.ts";
import { row } from "./rows.ts";
import type { Values } from "./table/command.ts";
import type { judge as table } from "./table/fuzz.ts";

export async function runJudge(file: string, { plant, json }: Values<typeof table>) {
  const change = planted(plant);
  const input = file === "-" ? 0 : file;
  const content = readInput(input, { most: MOST_BYTES, of: "a recording" });
  const judgement = await judge(content, { change }).catch((cause) => {
    if (!(cause instanceof InputError)) throw cause;
    throw new InputError(`${inputName(input)}: ${cause.message}`, { cause });
  });
  const report = judgementReport(judgement);
  publish(json, JUDGEMENT_SCHEMA, report, judgementText(report));
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
    row("cases", count(cases)),
    row("unpredicted", count(unpredicted.cases)),
    ...unpredicted.rules.map(({ rule, text, cases }) =>
      row("", `${rule.padEnd(4)} ${count(cases).padStart(6)}  ${text}`),
    ),
    row(
      "contradicted",
      contradictions.cases === 0
        ? paint("green", "none: every recorded outcome matches its prediction")
        : paint("red", `${count(contradictions.cases)} cases`),
    ),
    row("", examined < contradictions.cases && `causes of ${examined} of them`),
    // Each with the first cases that have it.
    ...contradictions.causes.flatMap((cause) => [
      causeText(cause, cause.cases),
      ...cause.first.flatMap(({ line, case: document, differences }) => [
        ...differences.slice(0, 1).map((it) => `    line ${line}  ${differenceText(it)}\n`),
        `      ${JSON.stringify(document)}\n`,
      ]),
    ]),
  ].join("");
}
