import { DEFAULT_PATH } from "../labs/fuzz/draw/arch.ts";
import type { CauseRow } from "../labs/fuzz/tell/causes.ts";
import type { FuzzReport } from "../labs/fuzz/tell/fuzz_report.ts";
import { visible } from "../lib/visible.ts";
import { paint } from "./report.ts";
import { number, row } from "./rows.ts";

/** The most findings that are listed. */
const MOST = 20;
/** So many rules are listed that few cases have used. */
const RARE = 6;
const UNREACHED = 12;

function unreachedText(rules: readonly string[]): string {
  const named = rules.slice(0, UNREACHED);
  const more = rules.length - named.length;
  return more === 0 ? named.join(", ") : `${named.join(", ")} and ${more} more`;
}

/** How many rules cases have used, and those that the fewest have used. */
function exercisedText({ rules, unreached }: FuzzReport["exercised"]): string {
  const rare = rules.toSorted((a, b) => a.cases - b.cases).slice(0, RARE);
  const told = rare.map(({ rule, cases }) => `${visible(rule)} ${cases}`).join(", ");
  const all = `${rules.length} of ${rules.length + unreached.length} rules`;
  return told === "" ? all : `${all}; fewest cases: ${told}`;
}

/** A cause of so many findings, and whether it is probably the processor's. */
export function causeText({ trait, rule, vanishes, processors }: CauseRow, n: number): string {
  const many = number(n);
  const what =
    rule === null
      ? `${many} ${n === 1 ? "has" : "have"} ${trait}`
      : vanishes
        ? `${many} ${n === 1 ? "vanishes" : "vanish"} without ${trait}`
        : `${many} ${n === 1 ? "depends" : "depend"} on ${trait}`;
  const told = rule === null ? "" : `: ${rule.text} (${rule.source})`;
  const lines = processors.map((line) => `    ${visible(line)}\n`);
  return `  ${paint("bold", visible(what))}${visible(told)}\n${lines.join("")}`;
}

/** A report as text. */
export function fuzzText(report: FuzzReport): string {
  const { machine, seed, path, focus, planted, shard, interrupted, session, findings } = report;
  const { unpredicted, untried, exercised } = report;
  const percent = (share: number) => `${(100 * share).toFixed(2)} %`;
  const run = [
    `seed ${BigInt(seed)}`,
    path !== DEFAULT_PATH && `path ${path}`,
    focus && `focus ${focus}`,
    shard && `shard ${shard.index}/${shard.of}`,
    planted && `planted: ${planted}`,
    interrupted && "not finished",
  ];
  const lines = [
    row("machine", `Linux ${machine.release}, ${machine.vendor} family ${machine.family}`),
    row("run", run.filter(Boolean).join(", ")),
    row("cases", number(report.cases)),
    row(
      "session",
      `${number(session.cases)} cases in ${session.seconds.toFixed(1)} s: ` +
        `${number(session.casesPerSecond)} a second`,
    ),
    row("signatures", number(report.signatures)),
    row("stubs", `${number(report.deaths)} ended, ${number(report.hangs)} of them hung`),
    row("unpredicted", `${percent(unpredicted.share)} of all cases`),
    ...unpredicted.rules.map(({ rule, text, share }) =>
      row("", `${visible(rule).padEnd(4)} ${percent(share).padStart(7)}  ${text}`),
    ),
    row(
      "untried",
      untried.cases > 0 &&
        `${percent(untried.share)} of all cases: this kernel cannot be given them`,
    ),
    ...untried.reasons.map(({ reason, share }) =>
      row("", `${percent(share).padStart(12)}  ${visible(reason)}`),
    ),
    row("exercised", exercisedText(exercised)),
    row("unreached", unreachedText(exercised.unreached)),
    row(
      "unconfirmed",
      session.unconfirmed > 0 &&
        `${number(session.unconfirmed)} outcomes were not reproducible: not counted`,
    ),
    row(
      "findings",
      untried.cases === report.cases
        ? paint("red", `none: no case ${report.cases === 0 ? "was" : "could be"} tried`)
        : findings.length === 0
          ? paint("green", "none: every outcome matched its prediction")
          : paint("red", number(findings.length)),
    ),
    ...report.causes.map((cause) => causeText(cause, cause.findings.length)),
    ...findings.slice(0, MOST).map(({ signature, index, subject, folder }) => {
      const where = folder ?? (index === null ? "a case of the corpus folder" : `case ${index}`);
      const what = visible(subject ?? "not examined");
      return `  ${signature}  ${what}\n${" ".repeat(18)}${visible(where)}\n`;
    }),
    ...(findings.length > MOST ? [`  and ${findings.length - MOST} more\n`] : []),
  ];
  return lines.join("");
}
