import { type Finding, findingOf, Lab, MACHINE, STUB } from "./doctor_trials.ts";
import { paint, printJson, tell } from "./report.ts";
import type { Values } from "./table/command.ts";
import type { doctor } from "./table/stubs.ts";

const MORE =
  "more: docs/limitations.md (what is missing), docs/limitations.md#troubleshooting (messages, remedies)";

export async function runDoctor({ json }: Values<typeof doctor>): Promise<number> {
  const findings: Finding[] = [];
  for (const trial of MACHINE) findings.push(await findingOf(trial));
  const stubs = await tryStub();
  findings.push(...stubs);
  if (stubs.every(({ status }) => status !== "failed")) {
    const { COMMANDS } = await import("./doctor_commands.ts");
    for (const trial of COMMANDS) findings.push(await findingOf(trial));
  }
  if (json) printJson("stublab.doctor/1", { checks: findings });
  else tell(`${findings.map(lineOf).join("\n")}\n${MORE}\n`);
  return findings.some(({ status }) => status === "failed") ? 3 : 0;
}

/** What bootstrap and inject need. */
export async function tryStub(trials = STUB): Promise<Finding[]> {
  const lab = new Lab();
  const findings: Finding[] = [];
  for (const [name, trial] of trials) {
    const finding = await findingOf([name, () => trial(lab)]);
    findings.push(finding);
    if (finding.status === "failed" && !lab.hasStub) break;
  }
  return findings;
}

const MARKS = {
  ok: paint("green", "ok     "),
  warning: paint("yellow", "warning"),
  failed: paint("red", "FAILED "),
} as const;

function lineOf({ name, status, detail, remedy }: Finding): string {
  const more = remedy === null ? "" : `\n${" ".repeat(25)}${remedy}`;
  return `${MARKS[status]} ${name.padEnd(16)} ${detail}${more}`;
}
