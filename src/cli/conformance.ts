import { allFacts } from "../labs/fuzz/facts/arch.ts";
import { diffVerdicts, type NamedVerdicts } from "../labs/fuzz/facts/diff.ts";
import {
  conformanceDocument,
  factsDocument,
  parseConformance,
} from "../labs/fuzz/facts/document.ts";
import type { Fact } from "../labs/fuzz/facts/fact.ts";
import { parseKtap } from "../labs/fuzz/facts/ktap.ts";
import { factsFor, verdictStatus, verdictText } from "../labs/fuzz/facts/profiles.ts";
import { checkFacts } from "../labs/fuzz/facts/run.ts";
import type { VerdictLog } from "../labs/fuzz/facts/verdict.ts";
import { knownFacts } from "../labs/fuzz/known/known_facts.ts";
import { exitStatus } from "../lib/check.ts";
import { InputError } from "../lib/errors.ts";
import { grouped } from "../lib/group.ts";
import { inputName, readNamed } from "../lib/input.ts";
import { inPlace, parseJson } from "../lib/shape.ts";
import { diffText, groupText, logMachineLine, scoreText } from "./conformance_text.ts";
import { finishing } from "./interruption.ts";
import { checkOutput, writeOutput } from "./output_file.ts";
import { publish, talk, tell } from "./report.ts";
import type { Values } from "./table/command.ts";
import type { conformance as table } from "./table/kernel.ts";

type Options = Values<typeof table>;

/** A run on this machine takes them, a log does not. */
const OF_RUNS = ["for", "known", "list", "ktap", "against"] as const;

export async function runConformance(logs: readonly string[], values: Options) {
  const { only, list, ktap, json, against, for: tool } = values;
  const matches = matcher(values);
  const select = <T>(all: readonly T[], factOf: (each: T) => Fact): readonly T[] => {
    const found = all.filter((each) => matches(factOf(each)));
    if (found.length > 0) return found;
    throw new InputError(`no fact matches "${only}"`, { remedy: "--list lists all facts" });
  };
  const read = (file: string): NamedVerdicts => {
    const { verdicts, ...log } = readVerdicts(file);
    return { ...log, verdicts: select(verdicts, ({ fact }) => fact) };
  };
  const stray = logs.length > 0 ? OF_RUNS.find((name) => values[name] !== undefined) : undefined;
  if (stray !== undefined) throw new InputError(`--${stray} is for this machine: it takes no log`);
  if (logs.length > 2) throw new InputError("conformance takes two logs at most");
  const [log, other] = logs.map(read);
  if (log !== undefined && other !== undefined) return reportDiff(log, other, json);
  if (log !== undefined) {
    const show = json ? () => {} : printer(log.verdicts.map(({ fact }) => fact));
    const groups = grouped(log.verdicts, ({ fact }) => fact.group);
    for (const verdicts of groups.values()) show({ ...log, verdicts });
    return report(log, json);
  }
  const facts = select(allFacts(), (fact) => fact);
  if (list) return printList(facts, json);
  const theirs = against === undefined ? undefined : read(against);
  const known = values.known === undefined ? undefined : knownFacts(values.known);
  if (ktap !== undefined) checkOutput(ktap);
  const onGroup = json || theirs !== undefined ? undefined : printer(facts);
  return finishing(async (interrupted, release) => {
    const { printed, ...own } = await checkFacts(facts, { known, tool, interrupted, onGroup });
    await release();
    if (ktap !== undefined) await writeOutput(ktap, printed);
    const left = facts.length - own.verdicts.length;
    const here = { ...own, name: "this machine", left };
    return theirs === undefined ? report(here, json) : reportDiff(theirs, here, json);
  });
}

/** Reads a log that the user names. @throws InputError that names the file */
function readVerdicts(file: string): NamedVerdicts {
  const { lost, ...log } = readNamed(file, { most: 1 << 27, of: "a log" }, (content) => {
    const text = content.toString("utf8");
    const read = text.trimStart().startsWith("{")
      ? parseConformance(parseJson(text))
      : parseKtap(text);
    if (read.verdicts.length > 0) return read;
    throw new InputError("there are no facts", {
      remedy:
        "expected the output of probe conformance, or what stublab conformance --ktap or --json writes",
    });
  });
  const name = inputName(file === "-" ? 0 : file);
  if (lost > 0) talk(`stublab: ${name} is not complete: it lacks ${lost} facts\n`);
  return { name: file, ...log };
}

/** Prints groups of facts, each at once: a kernel may crash at the next one. */
function printer(facts: readonly Fact[]) {
  const width = Math.max(...facts.map(({ group }) => group.length));
  let isFirst = true;
  return ({ verdicts, machine }: Pick<VerdictLog, "verdicts" | "machine">) => {
    const head = isFirst ? `${logMachineLine(machine)}\n\n` : "";
    isFirst = false;
    tell(head + groupText(verdicts, width, machine));
  };
}

/** Prints what two machines differ in, and returns the exit status. */
function reportDiff(a: NamedVerdicts, b: NamedVerdicts, json?: true): number {
  const diff = diffVerdicts(a, b);
  publish(json, "stublab.conformance-diff/1", diff, diffText(diff));
  return diff.facts.every(({ contrast }) => contrast === "untested") ? 0 : 1;
}

/** Prints results, and returns the exit status. */
function report({ verdicts, left = 0, machine, profile }: NamedVerdicts, json?: true): number {
  const document = {
    ...conformanceDocument(verdicts, machine, profile),
    ...(left > 0 && { left }),
  };
  const ending = left > 0 ? `interrupted: ${left} facts were not looked at\n` : "";
  const verdict = profile === undefined ? "" : `${verdictText(profile)}\n`;
  publish(json, "stublab.conformance/2", document, scoreText(verdicts) + ending + verdict);
  return profile === undefined ? exitStatus(verdicts) : verdictStatus(profile);
}

const ESCAPE = "to match ( [ + and other special characters literally, put a backslash before them";

/** Whether a fact is one of those that a pattern selects, or that a tool relies on. */
function matcher({ only, for: tool }: Options): (fact: Fact) => boolean {
  if (tool !== undefined) {
    const names = factsFor(tool);
    return ({ name }) => names.has(name);
  }
  if (only === undefined) return () => true;
  const pattern = inPlace("--only", () => new RegExp(only, "i"), ESCAPE);
  return ({ group, name, rules }) => [group, name, ...rules].some((text) => pattern.test(text));
}

function printList(facts: readonly Fact[], json?: true): number {
  const texts = [...grouped(facts, ({ group }) => group)].map(([group, own]) => {
    const lines = own.map(({ name, source, rules }) => {
      return `  ${name}\n    ${[source, ...rules].join("; ")}\n`;
    });
    return `${group}\n${lines.join("")}\n`;
  });
  publish(json, "stublab.facts/2", factsDocument(facts), texts.join(""));
  return 0;
}
