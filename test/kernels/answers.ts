// Checks the output of /check on a machine.

/** "60 of 60 checks held", the last line of bootstrap. */
const SUMMARY = /^(\d+) of (\d+) checks held$/;
/** The number of checks on a master and three grandchildren. */
const HELD = 60;

/** The last line of compare. */
const AGREEMENT = /^agreement in [\d,]+ cases/;

/** "130 of 130 facts hold, 100.0 %; 1 skipped (…)", the last line of conformance. */
const SCORE = /^((\d+) of (\d+) facts hold), /;

/** The last line of record. */
const RECORDED = /^switch: .* questions, (\d+) of \1 facts held, /;

/** What is wrong with the lines of each check, besides its exit status; doctor may warn of some trials. */
const COMPLAINTS = {
  bootstrap: bootstrapComplaints,
  inject: injectComplaints,
  doctor: doctorComplaints,
  conformance: conformanceComplaints,
  compare: (lines: readonly string[]) =>
    lines.some((line) => AGREEMENT.test(line)) ? [] : ["compare does not print an agreement"],
  record: (lines: readonly string[]) =>
    lines.some((line) => RECORDED.test(line)) ? [] : ["record does not print that all facts held"],
};

/** A check that /check knows. */
export type Check = keyof typeof COMPLAINTS;

/** What is wrong with the output of a machine. */
export interface Answers {
  /** The last line of bootstrap, and the score of conformance. */
  readonly bootstrap: string;
  readonly complaints: readonly string[];
}

/**
 * @param checks those that were to be made
 * @param warns the trials of doctor that may warn
 */
export function complaintsOf(
  text: string,
  checks: readonly Check[],
  warns: readonly string[],
): Answers {
  // The kernel may have printed the beginning of a line on the same console.
  const lines = text.split("\n").flatMap((line) => /@@.*/.exec(line)?.[0] ?? []);
  const of = (name: string) =>
    lines
      .filter((line) => line.startsWith(`@@${name} `))
      .map((line) => line.slice(name.length + 3));
  if (of("kernel").length === 0) return { bootstrap: "", complaints: ["/check did not begin"] };
  const [summary = ""] = of("bootstrap").filter((line) => SUMMARY.test(line));
  const complaints = [
    ...checks.flatMap((name) => COMPLAINTS[name](of(name), warns)),
    ...checks.flatMap((name) => statusComplaints(name, of)),
  ];
  const score = of("conformance").flatMap((line) => SCORE.exec(line)?.[1] ?? []);
  return { bootstrap: [summary, ...score].filter(Boolean).join(", "), complaints };
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

function conformanceComplaints(lines: readonly string[]): string[] {
  const [, score, held, all] = lines.flatMap((line) => [...(SCORE.exec(line) ?? [])]);
  const failed = lines.filter((line) => /^ *does not hold\b/.test(line));
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

function doctorComplaints(lines: readonly string[], warns: readonly string[]): string[] {
  return lines.filter((line) => {
    const [, status, name = ""] = /^(FAILED|warning) +(.*?) {2,}/.exec(line) ?? [];
    return status === "FAILED" || (status === "warning" && !warns.includes(name));
  });
}
