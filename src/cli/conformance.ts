import { allFacts } from "../labs/fuzz/facts/arch.ts";
import type { NamedVerdicts } from "../labs/fuzz/facts/diff.ts";
import { conformanceDocument, factsDocument } from "../labs/fuzz/facts/document.ts";
import type { Fact } from "../labs/fuzz/facts/fact.ts";
import { formatKtap } from "../labs/fuzz/facts/ktap.ts";
import { checkFacts, type KnownFacts } from "../labs/fuzz/facts/run.ts";
import { KNOWN_NAMES } from "../labs/fuzz/known/arch.ts";
import { knownFacts } from "../labs/fuzz/known/known_facts.ts";
import { exitStatus } from "../lib/check.ts";
import { grouped } from "../lib/group.ts";
import { type Command, parseCommand, type parseOptions, UsageError } from "./command.ts";
import { logMachineLine, readVerdicts, reportFactsDiff } from "./conformance_logs.ts";
import { groupText, scoreText } from "./conformance_text.ts";
import { folded } from "./fold.ts";
import { finishing } from "./interruption.ts";
import { checkOutput, writeOutput } from "./output_file.ts";
import { printJson, tell } from "./report.ts";

const help = `usage: stublab conformance [options]

Checks facts about ptrace on this kernel: what requests write and read, what happens after a resume, and which errno
requests fail with. It is intended for developers of kernels, and of software that emulates a kernel.

  --only PATTERN   check only facts whose group, name or rule matches a regular expression
  --known LIST     facts that LIST has are reported as known where they do not hold, and do not fail the run: a file
                   with names of facts, one a line, or ${KNOWN_NAMES}
  --list           list the facts without checking them
  --ktap FILE      also write the results as KTAP, as the kernel's selftests do
  --read LOG       check nothing, and show the results of a log: what --ktap or --json has written, or the console of a
                   probe (docs/probe.md), with the messages of its kernel; - is standard input
  --diff A B       compare two such logs: facts that hold on one of two machines only
  --against LOG    check the facts here, and compare the results with those of a log
  --json           print one document, "stublab.conformance/2"; of a comparison, "stublab.conformance-diff/1"

A fact may consist of many checks, and counts once. Checks that are impossible on this machine are skipped, with the
reason.

Ctrl-C ends it after the fact under way: the results so far are reported.

Exit status: 0 if all other facts hold, else 1; of a comparison, 0 if the facts that both could check have the same
results; 130 after Ctrl-C.

examples:
  stublab conformance
  stublab conformance --only 'restarts|selectors' --ktap facts.ktap
  stublab conformance --read console.log --json
  stublab conformance --diff old.log new.log
`;

const OPTIONS = {
  only: { type: "string" },
  known: { type: "string" },
  list: { type: "boolean", default: false },
  ktap: { type: "string" },
  read: { type: "string" },
  diff: { type: "boolean", default: false },
  against: { type: "string" },
  json: { type: "boolean", default: false },
} as const;

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseCommand(args, OPTIONS);
  const { only, list, read, diff, against, json } = values;
  const known = values.known === undefined ? undefined : knownFacts(values.known);
  expectOne(values, positionals);
  const [a, b] = positionals;
  const matches = only === undefined ? () => true : matcher(only);
  const selected = (it: NamedVerdicts): NamedVerdicts => {
    const verdicts = it.verdicts.filter(({ fact }) => matches(fact));
    if (verdicts.length === 0) throw noMatch(only);
    return { ...it, verdicts };
  };
  if (diff && a !== undefined && b !== undefined) {
    return reportFactsDiff(selected(readVerdicts(a)), selected(readVerdicts(b)), json);
  }
  if (read !== undefined) {
    const log = selected(readVerdicts(read));
    if (!json) tell(folded(logText(log)));
    return report({ ...log, left: 0 }, values);
  }
  const facts = allFacts().filter(matches);
  if (facts.length === 0) throw noMatch(only);
  if (list) return printList(facts, json);
  if (values.ktap !== undefined) checkOutput(values.ktap);
  const other = against === undefined ? undefined : selected(readVerdicts(against));
  const found = await finishing(async (interrupted) => {
    const all = await look(facts, known, !json && other === undefined, interrupted);
    // Otherwise it is reported where a signal ends this process at once: a FIFO may have no reader.
    if (interrupted.aborted) await report(all, values, other);
    return all;
  });
  return report(found, values, other);
}

interface Found extends NamedVerdicts {
  /** How many facts were not looked at. */
  readonly left: number;
}

/** Checks facts until a signal arrives. @param known facts that need not hold */
async function look(
  facts: readonly Fact[],
  known: KnownFacts | undefined,
  shows: boolean,
  interrupted: AbortSignal,
): Promise<Found> {
  const width = widthOf(grouped(facts, ({ group }) => group));
  let isFirst = true;
  const log = await checkFacts(facts, {
    ...{ known, interrupted },
    onGroup({ verdicts, machine }) {
      if (!shows) return;
      if (isFirst) tell(folded(`${logMachineLine(machine)}\n\n`));
      isFirst = false;
      // At once: a kernel may crash at the next one.
      tell(folded(groupText(verdicts, width, machine)));
    },
  });
  return { ...log, name: "this machine", left: facts.length - log.verdicts.length };
}

function widthOf(groups: ReadonlyMap<string, unknown>): number {
  return Math.max(...[...groups.keys()].map(({ length }) => length));
}

/**
 * Writes and prints results, and returns the exit status.
 *
 * @param other results to compare with
 */
async function report(
  found: Found,
  { ktap, json }: Values,
  other?: NamedVerdicts,
): Promise<number> {
  const { verdicts, left, machine, known } = found;
  if (ktap !== undefined) await writeOutput(ktap, formatKtap(verdicts, { machine, known }));
  if (other !== undefined) return reportFactsDiff(other, found, json);
  if (json) {
    const document = conformanceDocument(verdicts, machine);
    printJson("stublab.conformance/2", { ...document, ...(left > 0 && { left }) });
  } else {
    tell(folded(scoreText(verdicts)));
    if (left > 0) tell(`interrupted: ${left} facts were not looked at\n`);
  }
  return exitStatus(verdicts);
}

function noMatch(only = ""): UsageError {
  return new UsageError(`no fact matches "${only}"`, { remedy: "--list lists all facts" });
}

type Values = ReturnType<typeof parseOptions<typeof OPTIONS>>;

/** Of the ways to get verdicts, one is selected. */
function expectOne(
  { read, diff, against, list, ktap }: Values,
  positionals: readonly string[],
): void {
  const given = Object.entries({ read, diff, against, list })
    .filter(([, value]) => value !== undefined && value !== false)
    .map(([name]) => `--${name}`);
  if (given.length > 1) throw new UsageError(`${given.join(" and ")} exclude each other`);
  if (diff && positionals.length !== 2) throw new UsageError("--diff takes two logs");
  if (!diff && positionals[0] !== undefined) {
    throw new UsageError(`unexpected argument "${positionals[0]}"`, {
      remedy: "--help lists the options",
    });
  }
  if (diff && ktap !== undefined) throw new UsageError("--ktap is for the results of one machine");
}

/** The results of a log, as those of this machine are shown. */
function logText({ verdicts, machine }: NamedVerdicts): string {
  const groups = grouped(verdicts, ({ fact }) => fact.group);
  const width = widthOf(groups);
  const parts = [...groups.values()].map((own) => groupText(own, width, machine));
  return `${logMachineLine(machine)}\n\n${parts.join("")}`;
}

/** Whether a fact is one of those that a pattern selects. */
function matcher(only: string): (fact: Fact) => boolean {
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
  return ({ group, name, rules }) => [group, name, ...rules].some((text) => pattern.test(text));
}

function printList(facts: readonly Fact[], json: boolean): number {
  if (json) {
    printJson("stublab.facts/2", factsDocument(facts));
    return 0;
  }
  for (const [group, own] of grouped(facts, ({ group }) => group)) {
    const lines = own.map(({ name, source, rules }) => {
      return `  ${name}\n    ${[source, ...rules].join("; ")}\n`;
    });
    tell(folded(`${group}\n${lines.join("")}\n`));
  }
  return 0;
}

export const conformanceCommand: Command = { help, run };
