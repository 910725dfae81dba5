import { formatCase } from "../fuzz/case/case.ts";
import { FACTS } from "../fuzz/facts/facts.ts";
import { byGroup } from "../fuzz/facts/groups.ts";
import { formatJunit, tellUnmet } from "../fuzz/facts/junit.ts";
import { lookAt, type Verdict } from "../fuzz/facts/run.ts";
import { fieldValue, machineLine } from "../fuzz/tell/told.ts";
import { type Machine, readMachine } from "../fuzz/try/machine.ts";
import { Trier } from "../fuzz/try/trial.ts";
import { type Command, parseOptions, UsageError } from "./command.ts";
import { folded } from "./fold.ts";
import { checkOutput, writeOutput } from "./output_file.ts";
import { paint, printJson, tell } from "./report.ts";

const help = `usage: stublab conformance [options]

Checks ${FACTS.length} facts about ptrace registers and system call restarts on this kernel: what is written, what is read back, and
what happens after the resume. It is intended for developers of kernels, and of software that emulates a kernel.

  --only PATTERN   check only facts whose group or name matches a regular expression
  --list           list the facts without checking them
  --junit FILE     also write the results as JUnit XML
  --json           print one document, "stublab.conformance/1"

A fact that is untestable on this machine is skipped, with the reason.

Exit status: 0 if all other facts hold, else 1.

examples:
  stublab conformance
  stublab conformance --only 'restarts|selectors' --junit facts.xml
`;

const OPTIONS = {
  only: { type: "string" },
  list: { type: "boolean", default: false },
  junit: { type: "string" },
  json: { type: "boolean", default: false },
} as const;

async function run(args: readonly string[]): Promise<number> {
  const { only, list, junit, json } = parseOptions(args, OPTIONS);
  const facts = only === undefined ? FACTS : matching(only);
  if (list) return printList(facts, json);
  if (junit !== undefined) checkOutput(junit);
  using trier = new Trier();
  const machine = readMachine(trier.tracer);
  const start = performance.now();
  const verdicts = [...lookAt(facts, trier, machine)];
  const seconds = (performance.now() - start) / 1000;
  if (junit !== undefined) await writeOutput(junit, formatJunit(verdicts, seconds));
  if (json) printJson("stublab.conformance/1", documentOf(verdicts, machine, trier));
  else tell(folded(tellAll(verdicts, machine)));
  return verdicts.some(({ held }) => held === false) ? 1 : 0;
}

function matching(only: string): typeof FACTS {
  let pattern: RegExp;
  try {
    pattern = new RegExp(only, "i");
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause);
    const why = text.replace(/^Invalid regular expression: /, "");
    throw new UsageError(`--only: invalid regular expression: ${why}`, {
      cause,
      remedy: "to match ( [ + and other special characters literally, put a backslash before them",
    });
  }
  const facts = FACTS.filter(({ group, name }) => pattern.test(group) || pattern.test(name));
  if (facts.length > 0) return facts;
  throw new UsageError(`no fact matches "${only}"`, { remedy: "--list lists all facts" });
}

function printList(facts: typeof FACTS, json: boolean): number {
  if (json) {
    printJson("stublab.facts/1", {
      facts: facts.map(({ name, group, rule, needs }) => ({ name, group, rule, needs })),
    });
    return 0;
  }
  const groups = byGroup(facts, ({ group }) => group);
  for (const [group, own] of groups) {
    const lines = own.map(({ name, rule }) => `  ${name}  (${rule})\n`);
    tell(`${group}\n${lines.join("")}`);
  }
  return 0;
}

interface Counts {
  readonly facts: number;
  readonly held: number;
  readonly failed: number;
  readonly skipped: number;
}

function countsOf(verdicts: readonly Verdict[]): Counts {
  const count = (held: boolean | null) => verdicts.filter((it) => it.held === held).length;
  return {
    facts: verdicts.length,
    held: count(true),
    failed: count(false),
    skipped: count(null),
  };
}

function tellAll(verdicts: readonly Verdict[], machine: Machine): string {
  const groups = byGroup(verdicts, ({ fact }) => fact.group);
  const parts = [...groups].map(([group, own]) => tellGroup(group, own));
  const { facts, held, skipped } = countsOf(verdicts);
  const looked = facts - skipped;
  const share = looked === 0 ? "" : `, ${((100 * held) / looked).toFixed(1)} %`;
  const rest = skipped === 0 ? "" : `; ${skipped} skipped`;
  const attempts = verdicts.reduce((sum, it) => sum + contradictionsOf(it), 0);
  const without = attempts === 0 ? "" : `; ${attempts} irreproducible attempts are not counted`;
  const score = `${held} of ${looked} facts hold${share}${rest}${without}`;
  return `${machineLine(machine)}\n\n${parts.join("")}\n${paint("bold", score)}\n`;
}

const contradictionsOf = (verdict: Verdict) => (verdict.held === null ? 0 : verdict.contradictions);

function tellGroup(group: string, verdicts: readonly Verdict[]): string {
  const { facts, held, failed, skipped } = countsOf(verdicts);
  const color = failed > 0 ? "red" : "green";
  const rest = skipped === 0 ? "" : `, ${skipped} skipped`;
  const line = `${group.padEnd(24)}${paint(color, `${held} of ${facts - skipped}`)}${rest}\n`;
  return line + verdicts.map(tellVerdict).join("");
}

function tellVerdict(verdict: Verdict): string {
  const { name, rule } = verdict.fact;
  if (verdict.held === true) return "";
  if (verdict.held === null) return `  ${paint("dim", `skipped: ${name}: ${verdict.reason}`)}\n`;
  const lines = verdict.unmet.map((unmet) => `    ${tellUnmet(unmet)}\n`);
  return `  ${paint("red", "does not hold")}: ${name}  (${rule})\n${lines.join("")}`;
}

function documentOf(verdicts: readonly Verdict[], machine: Machine, { tracer }: Trier): object {
  const { constants } = tracer.encoder;
  return {
    machine,
    counts: countsOf(verdicts),
    facts: verdicts.map((verdict) => ({
      name: verdict.fact.name,
      group: verdict.fact.group,
      rule: verdict.fact.rule,
      status: verdict.held === null ? "skipped" : verdict.held ? "held" : "failed",
      ...(verdict.held === null && { reason: verdict.reason }),
      ...(contradictionsOf(verdict) > 0 && { contradictions: contradictionsOf(verdict) }),
      ...(verdict.held === false && {
        case: formatCase(verdict.fact.it, constants),
        unmet: verdict.unmet.map(({ field, expected, seen }) => ({
          field,
          expected: fieldValue(field, expected),
          seen: seen === null ? null : fieldValue(field, seen),
        })),
      }),
    })),
  };
}

export const conformanceCommand: Command = { help, run };
