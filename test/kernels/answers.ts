// Checks the output of /check on a machine.

import { LESSONS } from "../../src/labs/record/course.ts";

/** "60 of 60 checks held", the last line of bootstrap. */
const SUMMARY = /^(\d+) of (\d+) checks held$/;
/** The number of checks on a master and three grandchildren. */
const HELD = 60;

/** "assembly and script agree: 2,000 cases of …", the first line of compare. */
const AGREEMENT = /^\S.* agrees?: [\d,]+ cases/;

/** The last line of fuzz. */
const MATCHED = /^findings +none: every outcome matched its prediction$/;

/** "130 of 130 facts hold, 100.0 %; 1 skipped (…)", the last line of conformance. */
const SCORE = /^((\d+) of (\d+) facts hold), /;

/** "sleeping as root by user: right", what explain.mjs prints of a situation. */
const SITUATION = /^\S.* as \w+ by \w+: (.*)$/;

/** "switch: 5 of 5 facts held", what lessons.mjs prints of a lesson. */
const RECORDED = /^(\S+): (\d+) of \2 facts held$/;

/** What a machine may lack. */
export interface Lacks {
  /** The trials of doctor that may warn. */
  readonly warns: readonly string[];
  /** The lessons that may be refused. */
  readonly refuses?: readonly string[];
  /** What names the facts that may fail: the kernel has this bug. */
  readonly fails?: readonly string[];
}

/** What is wrong with the lines of each check, besides its exit status. */
const COMPLAINTS = {
  bootstrap: bootstrapComplaints,
  inject: injectComplaints,
  doctor: doctorComplaints,
  conformance: conformanceComplaints,
  compare: (lines: readonly string[]) =>
    lines.some((line) => AGREEMENT.test(line)) ? [] : ["compare does not print an agreement"],
  fuzz: (lines: readonly string[]) =>
    lines.some((line) => MATCHED.test(line)) ? [] : ["fuzz does not print that all matched"],
  record: recordComplaints,
  explain: explainComplaints,
};

/** A check that /check knows. */
export type Check = keyof typeof COMPLAINTS;

/** What is wrong with the output of a machine. */
export interface Answers {
  /** The last line of bootstrap, the score of conformance, and how many lessons held. */
  readonly bootstrap: string;
  readonly complaints: readonly string[];
}

/** @param checks those that were to be made */
export function complaintsOf(text: string, checks: readonly Check[], lacks: Lacks): Answers {
  // The kernel may have printed the beginning of a line on the same console.
  const lines = text.split("\n").flatMap((line) => /@@.*/.exec(line)?.[0] ?? []);
  const of = (name: string) =>
    lines
      .filter((line) => line.startsWith(`@@${name} `))
      .map((line) => line.slice(name.length + 3));
  if (of("kernel").length === 0) return { bootstrap: "", complaints: ["/check did not begin"] };
  const [summary = ""] = of("bootstrap").filter((line) => SUMMARY.test(line));
  const complaints = [
    ...checks.flatMap((name) => COMPLAINTS[name](of(name), lacks)),
    ...checks
      .filter((name) => name !== "conformance" || !isExcused(of(name), lacks))
      .flatMap((name) => statusComplaints(name, of)),
  ];
  const score = of("conformance").flatMap((line) => SCORE.exec(line)?.[1] ?? []);
  const recorded = of("record").filter((line) => RECORDED.test(line)).length;
  const lessons = recorded === 0 ? "" : `the facts of ${recorded} lessons held`;
  return { bootstrap: [summary, ...score, lessons].filter(Boolean).join(", "), complaints };
}

function statusComplaints(name: Check, of: (name: string) => readonly string[]): string[] {
  const [status] = of(`${name}-status`);
  if (status === "0") return [];
  if (status === undefined) return [`${name} did not end`];
  const last = of(name).slice(-3);
  return [`${name} exited with status ${status}`, ...last.map((line) => `  ${line}`)];
}

function bootstrapComplaints(lines: readonly string[]): string[] {
  const [summary = ""] = lines.filter((line) => SUMMARY.test(line));
  const [, held, all] = SUMMARY.exec(summary) ?? [];
  const failed = lines.filter((line) => /^ *FAIL\b/.test(line));
  const isAll = Number(held) === HELD && Number(all) === HELD;
  return isAll ? failed : [`bootstrap: ${summary || "no summary"}, expected ${HELD}`, ...failed];
}

const failures = (lines: readonly string[]): string[] =>
  lines.filter((line) => /^ *does not hold\b/.test(line));

/** Whether facts of conformance fail, and only those that may. */
function isExcused(lines: readonly string[], { fails = [] }: Lacks): boolean {
  const failed = failures(lines);
  return failed.length > 0 && failed.every((line) => fails.some((name) => line.includes(name)));
}

function conformanceComplaints(lines: readonly string[], lacks: Lacks): string[] {
  const [, score, held, all] = lines.flatMap((line) => [...(SCORE.exec(line) ?? [])]);
  const failed = failures(lines);
  if (isExcused(lines, lacks) && Number(all) - Number(held) === failed.length) return [];
  return held !== undefined && held === all
    ? failed
    : [`conformance: ${score ?? "no score"}`, ...failed];
}

function injectComplaints(lines: readonly string[]): string[] {
  const expected = ["hello", 'write(1, "hello\\n", 6) = 6'];
  return expected
    .filter((line) => !lines.includes(line))
    .map((line) => `inject does not print ${line}`);
}

/** Each lesson has a line: its facts held, or this machine refuses it with a reason. */
function recordComplaints(lines: readonly string[], { refuses = [] }: Lacks): string[] {
  return LESSONS.flatMap((name) => {
    const line = lines.find((it) => it.startsWith(`${name}: `));
    if (line === undefined) return [`record does not end the lesson ${name}`];
    const may = refuses.includes(name) && line.startsWith(`${name}: refused, `);
    return may || RECORDED.test(line) ? [] : [line];
  });
}

function explainComplaints(lines: readonly string[]): string[] {
  const judged = lines.filter((line) => SITUATION.test(line));
  const isRight = judged.some((line) => line.endsWith(": right"));
  const wrong = judged.filter((line) => !/: (right|unknown)$/.test(line));
  return isRight ? wrong : ["explain is right about nothing", ...wrong];
}

function doctorComplaints(lines: readonly string[], { warns }: Lacks): string[] {
  return lines.filter((line) => {
    const [, status, name = ""] = /^(FAILED|warning) +(.*?) {2,}/.exec(line) ?? [];
    return status === "FAILED" || (status === "warning" && !warns.includes(name));
  });
}
