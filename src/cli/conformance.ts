import { Experiment } from "../fuzz/experiment.ts";
import { conformanceDocument, factsDocument } from "../fuzz/facts/document.ts";
import type { Fact } from "../fuzz/facts/fact.ts";
import { FACTS } from "../fuzz/facts/facts.ts";
import { formatJunit } from "../fuzz/facts/junit.ts";
import { formatKtap } from "../fuzz/facts/ktap.ts";
import { lookAt } from "../fuzz/facts/run.ts";
import { byGroup, type Verdict } from "../fuzz/facts/verdict.ts";
import { knownFacts } from "../fuzz/known/known_facts.ts";
import { KNOWN_NAMES } from "../fuzz/known/lists.ts";
import { machineLine } from "../fuzz/tell/told.ts";
import { type Command, parseOptions, UsageError } from "./command.ts";
import { groupText, scoreText } from "./conformance_text.ts";
import { folded } from "./fold.ts";
import { checkOutput, writeOutput } from "./output_file.ts";
import { printJson, tell } from "./report.ts";

const help = `usage: stublab conformance [options]

Checks ${FACTS.length} facts about ptrace on this kernel: what requests write and read, what happens after a resume, and which
errno requests fail with. It is intended for developers of kernels, and of software that emulates a kernel.

  --only PATTERN   check only facts whose group, name or rule matches a regular expression
  --known LIST     facts that LIST has are reported as known where they do not hold, and do not fail the run: a file
                   with names of facts, one a line, or ${KNOWN_NAMES}
  --list           list the facts without checking them
  --junit FILE     also write the results as JUnit XML
  --ktap FILE      also write the results as KTAP, as the kernel's selftests do
  --json           print one document, "stublab.conformance/2"

A fact may consist of many checks, and counts once. Checks that are impossible on this machine are skipped, with the
reason.

Exit status: 0 if all other facts hold, else 1.

examples:
  stublab conformance
  stublab conformance --only 'restarts|selectors' --junit facts.xml
`;

const OPTIONS = {
  only: { type: "string" },
  known: { type: "string" },
  list: { type: "boolean", default: false },
  junit: { type: "string" },
  ktap: { type: "string" },
  json: { type: "boolean", default: false },
} as const;

async function run(args: readonly string[]): Promise<number> {
  const { only, list, junit, ktap, json, ...values } = parseOptions(args, OPTIONS);
  const facts = only === undefined ? FACTS : matching(only);
  const known = values.known === undefined ? undefined : knownFacts(values.known);
  if (list) return printList(facts, json);
  for (const file of [junit, ktap]) if (file !== undefined) checkOutput(file);
  using experiment = new Experiment();
  const { machine, trier } = experiment;
  const start = performance.now();
  const verdicts: Verdict[] = [];
  if (!json) tell(folded(`${machineLine(machine)}\n\n`));
  const groups = byGroup(facts, ({ group }) => group);
  const width = Math.max(...[...groups.keys()].map(({ length }) => length));
  for (const own of groups.values()) {
    const done = [...lookAt(own, experiment, machine, known)];
    verdicts.push(...done);
    // At once: a kernel may crash at the next one.
    if (!json) tell(folded(groupText(done, width)));
  }
  const seconds = (performance.now() - start) / 1000;
  if (junit !== undefined) await writeOutput(junit, formatJunit(verdicts, seconds));
  if (ktap !== undefined) await writeOutput(ktap, formatKtap(verdicts, known?.name));
  const { constants } = trier.tracer.encoder;
  if (json) printJson("stublab.conformance/2", conformanceDocument(verdicts, machine, constants));
  else tell(folded(scoreText(verdicts)));
  return verdicts.some(({ status }) => status === "failed") ? 1 : 0;
}

function matching(only: string): readonly Fact[] {
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
  const facts = FACTS.filter(({ group, name, rules }) =>
    [group, name, ...rules].some((text) => pattern.test(text)),
  );
  if (facts.length > 0) return facts;
  throw new UsageError(`no fact matches "${only}"`, { remedy: "--list lists all facts" });
}

function printList(facts: readonly Fact[], json: boolean): number {
  if (json) {
    printJson("stublab.facts/2", factsDocument(facts));
    return 0;
  }
  for (const [group, own] of byGroup(facts, ({ group }) => group)) {
    const lines = own.map(({ name, source, rules }) => {
      return `  ${name}\n    ${[source, ...rules].join("; ")}\n`;
    });
    tell(folded(`${group}\n${lines.join("")}\n`));
  }
  return 0;
}

export const conformanceCommand: Command = { help, run };
