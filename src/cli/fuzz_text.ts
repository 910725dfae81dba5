import { DEFAULT_PATH } from "../labs/fuzz/draw/arch.ts";
import type { CauseRow } from "../labs/fuzz/tell/causes.ts";
import type { FuzzReport } from "../labs/fuzz/tell/fuzz_report.ts";
import { type kindRow, tellValue } from "../labs/fuzz/tell/told.ts";
import { count } from "../lib/page/figures.ts";
import { visible } from "../lib/visible.ts";
import { paint } from "./report.ts";
import { first, row, some } from "./rows.ts";

/** So many findings, rules that few cases have used, and rules that none has used are listed. */
const [MOST, RARE, UNREACHED] = [20, 6, 12];

/** A cause of so many findings, and whether it is probably the processor's, or a trial's. */
export function causeText(cause: CauseRow, n: number): string {
  const { trait, rule, features, alterations, processors } = cause;
  const isFeature = features.some((name) => name === trait);
  const what = visible(alterations[0] ?? trait);
  const verb = isFeature ? "depend" : rule === null ? "ha" : "vanish";
  const ending =
    n > 1 ? { depend: "", ha: "ve", vanish: "" } : { depend: "s", ha: "s", vanish: "es" };
  const head = `${count(n)} ${verb}${ending[verb]} `;
  const how = { depend: "on the trial of ", ha: "", vanish: "without " }[verb];
  const why =
    rule === null
      ? isFeature
        ? ""
        : ": no single rule explains it"
      : `: ${visible(`${rule.text} (${rule.source})`)}`;
  const trials = features.map((name) => `the trial of ${name} may be wrong, and not the processor`);
  const lines = [...trials, ...processors].map((line) => `    ${visible(line)}\n`);
  return `  ${paint("bold", `${head}${how}${what}`)}${why}\n${lines.join("")}`;
}

/** Outcomes that did not occur again, and contradict one rule: each with its case, for `fuzz replay -`. */
function unconfirmedText({ rule, text, source, cases }: FuzzReport["unconfirmed"]["causes"][0]) {
  const what = `${count(cases.length)} ${rule === null ? "have no single rule" : `contradict ${rule}`}`;
  const why = text === null ? "" : `: ${visible(`${text} (${source})`)}`;
  const rows = cases.slice(0, MOST).map(({ index, subject, case: it }) => {
    return `    case ${index}: ${visible(subject)}\n    ${visible(JSON.stringify(it))}\n`;
  });
  return `  ${what}${why}\n${rows.join("")}`;
}

/** A field that differs from its prediction. */
export function differenceText({ field, predicted, seen }: ReturnType<typeof kindRow>): string {
  const told = (value: string | number | null) =>
    value === null ? "nothing" : tellValue(field, value);
  return `${visible(field)}: predicted ${told(predicted)}, got ${told(seen)}`;
}

const percent = (share: number) => `${(100 * share).toFixed(2)} %`;

/** A report as text. */
export function fuzzText(report: FuzzReport): string {
  const { machine, path, focus, planted, shard, session, findings } = report;
  const { unpredicted, untried, exercised } = report;
  const run = [
    `seed ${BigInt(report.seed)}`,
    path !== DEFAULT_PATH && `path ${path}`,
    focus && `focus ${focus}`,
    shard && `shard ${shard.index}/${shard.of}`,
    planted && `planted: ${planted}`,
    report.interrupted && "not finished",
  ];
  const pace = `${count(session.casesPerSecond)} a second`;
  const why = "this kernel cannot be given them";
  const { rules, unreached } = exercised;
  const all = rules.length + unreached.length;
  const rare = rules.toSorted((a, b) => a.cases - b.cases).slice(0, RARE);
  const fewest = rare.map(({ rule, cases }) => `${visible(rule)} ${cases}`).join(", ");
  return [
    row("machine", `Linux ${machine.release}, ${machine.vendor} family ${machine.family}`),
    row("run", run.filter(Boolean).join(", ")),
    row("cases", count(report.cases)),
    row("session", `${count(session.cases)} cases in ${session.seconds.toFixed(1)} s: ${pace}`),
    row("signatures", count(report.signatures)),
    row("stubs", `${count(report.deaths)} ended, ${count(report.hangs)} of them hung`),
    row("unpredicted", `${percent(unpredicted.share)} of all cases`),
    ...unpredicted.rules.map(({ rule, text, share }) =>
      row("", `${visible(rule).padEnd(4)} ${percent(share).padStart(7)}  ${text}`),
    ),
    row("untried", untried.cases > 0 && `${percent(untried.share)} of all cases: ${why}`),
    ...untried.reasons.map(({ reason, share }) =>
      row("", `${percent(share).padStart(12)}  ${visible(reason)}`),
    ),
    row("exercised", `${rules.length} of ${all} rules${fewest && `; fewest cases: ${fewest}`}`),
    row("unreached", first(UNREACHED, unreached)),
    some("unconfirmed", report.unconfirmed.cases, "outcomes contradicted predictions only once"),
    ...report.unconfirmed.causes.map(unconfirmedText),
    row("findings", verdict(report)),
    ...report.causes.map((cause) => causeText(cause, cause.findings.length)),
    ...findings.slice(0, MOST).map(({ signature, index, subject, folder }) => {
      const where = folder ?? (index === null ? "a case of the corpus folder" : `case ${index}`);
      const what = visible(subject ?? "not examined");
      return `  ${signature}  ${what}\n${" ".repeat(18)}${visible(where)}\n`;
    }),
    findings.length > MOST ? `  and ${findings.length - MOST} more\n` : "",
  ].join("");
}

function verdict({ untried, cases, findings, unconfirmed }: FuzzReport): string {
  if (untried.cases === cases)
    return paint("red", `none: no case ${cases === 0 ? "was" : "could be"} tried`);
  if (findings.length > 0) return paint("red", count(findings.length));
  const which = unconfirmed.cases === 0 ? "every outcome" : "every outcome that occurred again";
  return paint("green", `none: ${which} matched its prediction`);
}
