/*
 * Reads what the probe prints: KTAP version 1, among the messages of a kernel that uses the same console. The facts in it
 * are read as stublab conformance does.
 */

import { failureLines, skipText } from "../../src/labs/fuzz/facts/failures.ts";
import { parseKtap } from "../../src/labs/fuzz/facts/ktap.ts";
import { entryOf, type ResultEntry } from "../../src/labs/fuzz/log/entries.ts";
import type { CheckStatus } from "../../src/lib/check.ts";

/** A fact that does not hold. */
export interface Failure {
  readonly group: string;
  readonly fact: string;
  /** The first field that is not as expected. */
  readonly seen: string;
}

export interface Finding {
  readonly differs: string;
  readonly rules: string;
}

export interface Steps {
  readonly held: number;
  readonly failed: readonly string[];
}

export interface Conformance {
  readonly held: number;
  /** Reasons, and how many facts were skipped for each. */
  readonly skipped: Readonly<Record<string, number>>;
  readonly failed: readonly Failure[];
  /** Facts that fail as the probe was told that they would. */
  readonly known: readonly string[];
}

export interface Fuzz {
  readonly cases: number;
  readonly signatures: number;
  readonly digest: string;
  readonly unpredicted: number;
  readonly hangs: number;
  readonly unconfirmed: number;
  readonly findings: readonly Finding[];
  /** Why no case was tried. */
  readonly skipped?: string;
}

/** What a log has. The commands that did not end are undefined. */
export interface Log {
  readonly features: string;
  readonly bootstrap?: Steps | undefined;
  readonly conformance?: Conformance | undefined;
  readonly fuzz?: Fuzz | undefined;
  /** Why the log ends early. */
  readonly fault?: string;
}

const START = "KTAP version 1";
const RAN =
  /^# (\d+) cases, .*?(\d+) signatures, digest (0x[\da-f]+), (\d+) not predicted, .*?(\d+) hung, (\d+) not confirmed/;

export function readLog(text: string): Log {
  const lines = text.replaceAll("\r", "").split("\n");
  const [features = ""] = lines.flatMap((line) => /^# machine:? (.*)/.exec(line)?.[1] ?? []);
  const [fault] = lines.flatMap(
    (line) => /(?:Bail out! |Kernel panic - not syncing: )(.*)/.exec(line)?.[1] ?? [],
  );
  const log: { -readonly [Key in keyof Log]: Log[Key] } = { features };
  for (const section of sectionsOf(lines)) {
    const tests = testsOf(section);
    const plan = Number(/^1\.\.(\d+)/m.exec(section.join("\n"))?.[1] ?? 0);
    if (plan === 0 || tests.filter(({ depth }) => depth === 0).length < plan) continue;
    if (tests.some(({ depth }) => depth > 0)) log.conformance = conformanceOf(section);
    else if (tests[0]?.name === "fuzz") log.fuzz = fuzzOf(section, tests[0]);
    else log.bootstrap = stepsOf(tests);
  }
  return fault === undefined ? log : { ...log, fault };
}

/** The lines of each command. */
function sectionsOf(lines: readonly string[]): string[][] {
  const sections: string[][] = [];
  for (const line of lines) {
    if (line === START) sections.push([]);
    else sections.at(-1)?.push(line);
  }
  return sections;
}

function testsOf(lines: readonly string[]): ResultEntry[] {
  return lines.flatMap((line) => {
    const entry = entryOf(line);
    return entry?.is === "result" ? [entry] : [];
  });
}

function stepsOf(tests: readonly ResultEntry[]): Steps {
  const failed = tests.flatMap((test) => (test.isOk ? [] : [test.name]));
  return { held: tests.length - failed.length, failed };
}

function conformanceOf(lines: readonly string[]): Conformance {
  const { verdicts } = parseKtap(lines.join("\n"));
  const of = (status: CheckStatus) => verdicts.filter((verdict) => verdict.status === status);
  const skipped: Record<string, number> = {};
  for (const verdict of of("skipped")) {
    const reason = skipText(verdict);
    skipped[reason] = (skipped[reason] ?? 0) + 1;
  }
  const failed = of("failed").map((verdict): Failure => {
    const [seen = ""] = failureLines(verdict);
    return { group: verdict.fact.group, fact: verdict.fact.name, seen };
  });
  return {
    ...{ held: of("held").length, skipped, failed },
    known: of("known").map(({ fact }) => fact.name),
  };
}

function fuzzOf(lines: readonly string[], { directive, reason }: ResultEntry): Fuzz {
  // The last of the reports that a long run prints.
  const [ran] = lines
    .flatMap((line) => [RAN.exec(line)?.slice(1) ?? []].filter(([it]) => it))
    .slice(-1);
  const [cases, signatures, digest = "", unpredicted, hangs, unconfirmed] = ran ?? [];
  const fuzz = {
    cases: Number(cases),
    signatures: Number(signatures),
    digest,
    unpredicted: Number(unpredicted),
    hangs: Number(hangs),
    unconfirmed: Number(unconfirmed),
    findings: findingsOf(lines),
  };
  return directive === "SKIP" ? { ...fuzz, skipped: reason } : fuzz;
}

function findingsOf(lines: readonly string[]): Finding[] {
  return lines.flatMap((line, i) => {
    if (!/^# finding \d+: case \d+$/.test(line)) return [];
    const rest = lines.slice(i + 1);
    const end = rest.findIndex((it) => it.startsWith("# case "));
    const told = rest.slice(0, end).map((it) => it.replace(/^# /, ""));
    const rules = told.find((it) => it.startsWith("rules "))?.slice(6) ?? "";
    const [differs = ""] = told.filter((it) => !it.startsWith("rules "));
    return [{ differs, rules }];
  });
}
