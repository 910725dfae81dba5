import { allFacts } from "../labs/fuzz/facts/arch.ts";
import { diffVerdicts, type NamedVerdicts } from "../labs/fuzz/facts/diff.ts";
import {
  conformanceDocument,
  factsDocument,
  parseConformance,
} from "../labs/fuzz/facts/document.ts";
import type { Fact } from "../labs/fuzz/facts/fact.ts";
import { formatKtap, parseKtap } from "../labs/fuzz/facts/ktap.ts";
import { factsFor, verdictText } from "../labs/fuzz/facts/profiles.ts";
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

export async function runConformance(logs: readonly string[], values: Options) {
  const { only, list, diff, ktap, json, for: tool } = values;
  if (diff && logs.length !== 2) throw new InputError("--diff takes two logs");
  if (!diff && logs[0] !== undefined) throw new InputError(`unexpected argument "${logs[0]}"`);
  const known = values.known === undefined ? undefined : knownFacts(values.known);
  const matches = matcher(values);
  const noMatch = () =>
    new InputError(`no fact matches "${only}"`, { remedy: "--list lists all facts" });
  const selected = (file: string | undefined): NamedVerdicts | undefined => {
    if (file === undefined) return undefined;
    const log = readVerdicts(file);
    const verdicts = log.verdicts.filter(({ fact }) => matches(fact));
    if (verdicts.length === 0) throw noMatch();
    return { ...log, verdicts };
  };
  const [against = values.against, read = values.read] = logs;
  const [other, log] = [selected(against), selected(read)];
  const shows = !json && other === undefined;
  if (log !== undefined) {
    const show = printer(log.verdicts.map(({ fact }) => fact));
    const groups = grouped(log.verdicts, ({ fact }) => fact.group);
    if (shows) for (const verdicts of groups.values()) show({ ...log, verdicts });
    return report(log, values, other);
  }
  const facts = allFacts().filter(matches);
  if (facts.length === 0) throw noMatch();
  if (list) return printList(facts, json);
  if (ktap !== undefined) checkOutput(ktap);
  const onGroup = shows ? printer(facts) : undefined;
  return finishing(async (interrupted, release) => {
    const log = await checkFacts(facts, { known, tool, interrupted, onGroup });
    await release();
    const left = facts.length - log.verdicts.length;
    return report({ ...log, name: "this machine", left }, values, other);
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

/**
 * Writes and prints results, and returns the exit status.
 *
 * @param other results to compare with
 */
async function report(found: NamedVerdicts, { ktap, json }: Options, other?: NamedVerdicts) {
  const { verdicts, left = 0, machine, known, profile } = found;
  if (ktap !== undefined)
    await writeOutput(ktap, formatKtap(verdicts, { machine, known, profile }));
  if (other !== undefined) {
    const diff = diffVerdicts(other, found);
    publish(json, "stublab.conformance-diff/1", diff, diffText(diff));
    return diff.facts.every(({ contrast }) => contrast === "untested") ? 0 : 1;
  }
  const document = {
    ...conformanceDocument(verdicts, machine, profile),
    ...(left > 0 && { left }),
  };
  const ending = left > 0 ? `interrupted: ${left} facts were not looked at\n` : "";
  const verdict = profile === undefined ? "" : `${verdictText(profile)}\n`;
  publish(json, "stublab.conformance/2", document, scoreText(verdicts) + ending + verdict);
  return profile === undefined ? exitStatus(verdicts) : Number(!profile.enough);
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
