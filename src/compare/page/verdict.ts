import { count, counted } from "../../page/figures.ts";
import { type Html, html, NOTHING, shown } from "../../page/html.ts";
import { listed } from "../../page/sentence.ts";
import type { CompareReport } from "../report.ts";
import { type Standing, standingOf } from "./standing.ts";

/** One thing that the comparison says, in a sentence without its full stop. */
export interface Statement {
  readonly kind: "differs" | "breaks" | "agrees" | "idle";
  readonly text: Html;
}

/** What the comparison says, the worst first. There is one statement at least. */
export function statementsOf(report: CompareReport): Statement[] {
  const arches = [...new Set(report.encoders.map(({ arch }) => arch))];
  const standings = arches.map((arch) => standingOf(report, arch));
  const statements = [
    ...together(standings, differing),
    ...contradicted(report),
    ...broken(report),
    ...together(standings, agreeing),
    ...together(standings, idle),
  ];
  if (statements.length > 0) return statements;
  return [{ kind: "idle", text: html`nothing was compared` }];
}

/** What is to be said of one architecture: `amount` is of cases, `where` " on amd64" or nothing. */
interface Saying {
  readonly kind: Statement["kind"];
  readonly text: (amount: string, where: Html) => Html;
}

/** Says once what is so on several architectures. */
function together(
  standings: readonly Standing[],
  say: (standing: Standing) => Saying | undefined,
): Statement[] {
  const sayings = new Map<string, { saying: Saying; of: Standing[] }>();
  for (const standing of standings) {
    const saying = say(standing);
    if (saying === undefined) continue;
    const key = saying.text("", NOTHING).markup;
    const known = sayings.get(key) ?? { saying, of: [] };
    known.of.push(standing);
    sayings.set(key, known);
  }
  return [...sayings.values()].map(({ saying: { kind, text }, of }) => {
    const arches = listed(of.map(({ arch }) => html`${arch}`));
    const where = of.length === standings.length ? NOTHING : html` on ${arches}`;
    return { kind, text: text(amountOf(of.map(({ cases }) => cases)), where) };
  });
}

function differing({ wrong, camps }: Standing): Saying | undefined {
  if (wrong.length > 0) {
    const claim = html`${namesOf(wrong)} ${verb(wrong, "disagree")} with the headers`;
    return { kind: "differs", text: (_, where) => html`${claim}${where}` };
  }
  const [first = [], ...others] = camps;
  if (others.length === 0) return undefined;
  const opponents = listed(others.map((camp) => html`with ${namesOf(camp)}`));
  const claim = html`${namesOf(first)} ${verb(first, "disagree")} ${opponents}`;
  return { kind: "differs", text: (_, where) => html`${claim}${where}, where no headers decide` };
}

function agreeing({ right, camps, truth }: Standing): Saying | undefined {
  const [camp = [], ...others] = camps;
  if (camp.length > 1 && others.length === 0) {
    const claim = html`${namesOf(camp)} agree with each other`;
    return {
      kind: "agrees",
      text: (amount, where) => html`${claim} ${amount}${where}, where no headers decide`,
    };
  }
  if (right.length === 0) return undefined;
  const headers = truth === "native" ? html`the headers (native)` : html`the headers`;
  const claim = html`${namesOf(right)} ${verb(right, "agree")} with ${headers}`;
  return { kind: "agrees", text: (amount, where) => html`${claim} ${amount}${where}` };
}

function idle({ idle: names }: Standing): Saying | undefined {
  if (names.length === 0) return undefined;
  const claim = html`${namesOf(names)} had nothing to be compared with`;
  return { kind: "idle", text: (_, where) => html`${claim}${where}` };
}

function contradicted({ live, disagreements }: CompareReport): Statement[] {
  const asked = live.filter(({ failures }) => failures.length > 0).map(({ encoder }) => encoder);
  const judged = disagreements
    .filter(({ verdict }) => verdict.by === "kernel")
    .flatMap(({ verdict }) => verdict.wrong);
  const names = [...new Set([...asked, ...judged])];
  if (names.length === 0) return [];
  return [{ kind: "differs", text: html`the kernel contradicts ${namesOf(names)}` }];
}

function broken({ broken: all }: CompareReport): Statement[] {
  const names = [...new Set(all.map(({ encoder }) => encoder))];
  if (names.length === 0) return [];
  const often = all.length === names.length ? NOTHING : html` in ${counted(all.length, "place")}`;
  return [{ kind: "breaks", text: html`${namesOf(names)} did not answer${often}` }];
}

/** @param cases of each architecture; undefined where encoders had different ones */
function amountOf(cases: readonly (number | undefined)[]): string {
  let sum = 0;
  for (const each of cases) {
    if (each === undefined) return "in every case";
    sum += each;
  }
  if (sum === 0) return "in every constant";
  return sum === 1 ? "in the one case" : `in all ${count(sum)} cases`;
}

function namesOf(names: readonly string[]): Html {
  return listed(names.map((name) => html`<b>${shown(name, 60)}</b>`));
}

function verb(names: readonly string[], plural: string): string {
  return names.length === 1 ? `${plural}s` : plural;
}
