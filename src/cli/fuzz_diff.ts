import { causesOf } from "../labs/fuzz/against/causes.ts";
import { type ContrastCause, compareOutcomes } from "../labs/fuzz/against/compare.ts";
import { type OutcomeLog, parseOutcomes } from "../labs/fuzz/against/log.ts";
import { AGAINST_SCHEMA, againstReport } from "../labs/fuzz/against/report.ts";
import type { Case } from "../labs/fuzz/case/case.ts";
import { type Limit, readNamed } from "../lib/input.ts";
import { againstText } from "./against_text.ts";
import { type Command, parseCommand, UsageError } from "./command.ts";
import { folded } from "./fold.ts";
import { printJson, tell } from "./report.ts";

const help = `usage: stublab fuzz diff A B [options]

Compares two runs of the same cases on two machines, case by case, and reduces what differs to causes: rules that one of
the kernels breaks. What both do alike, such as the faults of one emulator, is no difference. Nothing is tried.

A and B are files that \`stublab fuzz --outcomes\` has written, or consoles on which \`probe fuzz --outcomes\` has run, with
the messages of the kernel in them; - is standard input.

  --json        print one document, "stublab.against/1"

\`stublab fuzz --against RUN\` makes the run here and compares it.

Exit status: 0 if no outcome differs, except as the model predicts for the two machines; 1 if one does.

examples:
  probe fuzz --outcomes --cases 30000 > new.log
  stublab fuzz diff old.log new.log
`;

const OPTIONS = { json: { type: "boolean", default: false } } as const;

const LOG_LIMIT: Limit = { most: 1 << 28, of: "a log" };

/** Reads a log that the user names. @throws InputError that names the file */
export function readOutcomes(file: string): OutcomeLog {
  return readNamed(file, LOG_LIMIT, (content) => parseOutcomes(content.toString("latin1")));
}

/** A run, and how it is called. */
export interface NamedLog {
  readonly name: string;
  readonly log: OutcomeLog;
}

/**
 * Compares two runs and reports what differs.
 *
 * @param minimize returns a smaller case with the same cause, if it can
 * @returns the exit status
 */
export function reportAgainst(
  [a, b]: readonly [NamedLog, NamedLog],
  json: boolean,
  minimize: (cause: ContrastCause) => Case | undefined = () => undefined,
): number {
  const contrast = compareOutcomes(a.log, b.log);
  const causes = causesOf(contrast);
  const smaller = causes.map((cause) => [cause, minimize(cause)] as const);
  const minimized = new Map(smaller.flatMap(([cause, it]) => (it ? [[cause, it] as const] : [])));
  const report = againstReport(contrast, [a.name, b.name], causes, minimized);
  if (json) printJson(AGAINST_SCHEMA, report);
  else tell(folded(againstText(report)));
  return causes.length === 0 ? 0 : 1;
}

function run(args: readonly string[]): number {
  const { values, positionals } = parseCommand(args, OPTIONS);
  const [a, b, extra] = positionals;
  if (a === undefined || b === undefined || extra !== undefined) {
    throw new UsageError("fuzz diff takes two logs", {
      remedy: "to compare one with this machine: stublab fuzz --against RUN",
    });
  }
  const named = (name: string): NamedLog => ({ name, log: readOutcomes(name) });
  return reportAgainst([named(a), named(b)], values.json);
}

export const fuzzDiffCommand: Command = { help, run };
