import { count, counted } from "../../../lib/page/figures.ts";
import { type Html, html, NOTHING, shown } from "../../../lib/page/html.ts";
import { listed } from "../../../lib/page/sentence.ts";
import type { CompareReport } from "../report.ts";
import type { Standing } from "./standing.ts";

/** The kinds of statements, the worst first. */
const KINDS = ["differs", "breaks", "agrees", "idle"] as const;

/** A result of the comparison, in a sentence without its full stop. */
export interface Statement {
  readonly kind: (typeof KINDS)[number];
  readonly text: Html;
}

/** The results of the comparison, the worst first. */
export function statementsOf(report: CompareReport, standings: readonly Standing[]): Statement[] {
  const claims = standings.flatMap((standing) =>
    claimsOf(standing).map((claim) => ({ ...claim, standing })),
  );
  const texts = new Set(claims.map(({ text }) => text.markup));
  // What is so on several architectures is said once.
  const statements = [...texts].flatMap((markup): Statement[] => {
    const same = claims.filter(({ text }) => text.markup === markup);
    const [first] = same;
    if (first === undefined) return [];
    const amount = first.kind === "agrees" ? ` ${amountOf(same)}` : "";
    const arches = listed(same.map(({ standing }) => html`${standing.arch}`));
    const where = same.length === standings.length ? NOTHING : html` on ${arches}`;
    const rest = first.undecided ? ", where no headers decide" : "";
    return [{ kind: first.kind, text: html`${first.text}${amount}${where}${rest}` }];
  });
  statements.push(...contradicted(report), ...broken(report));
  if (statements.length === 0) return [{ kind: "idle", text: html`nothing was compared` }];
  return statements.sort((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind));
}

/** What is to be said of one architecture. */
interface Claim extends Statement {
  readonly undecided?: boolean;
}

function claimsOf({ truth, wrong, right, camps, idle }: Standing): Claim[] {
  const claims: Claim[] = [];
  const add = (kind: Statement["kind"], text: Html, undecided = false) =>
    claims.push({ kind, text, undecided });
  const headers = truth === "native" ? "the headers (native)" : "the headers";
  const [first = [], ...others] = camps;
  if (wrong.length > 0)
    add("differs", html`${namesOf(wrong)} ${verb(wrong, "disagree")} with the headers`);
  if (others.length > 0) {
    const opponents = listed(others.map((camp) => html`with ${namesOf(camp)}`));
    add("differs", html`${namesOf(first)} ${verb(first, "disagree")} ${opponents}`, true);
  } else if (first.length > 1) add("agrees", html`${namesOf(first)} agree with each other`, true);
  if (right.length > 0)
    add("agrees", html`${namesOf(right)} ${verb(right, "agree")} with ${headers}`);
  if (idle.length > 0) add("idle", html`${namesOf(idle)} had nothing to be compared with`);
  return claims;
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

/** The number of cases over all architectures, in words; "in every case" if encoders have different numbers. */
function amountOf(claims: readonly { readonly standing: Standing }[]): string {
  let [sum, apart] = [0, 0];
  for (const { standing } of claims) {
    if (standing.cases === undefined) sum = Number.NaN;
    else sum += standing.cases;
    apart += standing.apart;
  }
  if (sum === 0) return "in every constant";
  const rest = apart === 0 ? "" : ` but ${counted(apart, "result")} counted apart`;
  if (Number.isNaN(sum)) return `in every case${rest}`;
  return `${sum === 1 ? "in the one case" : `in all ${count(sum)} cases`}${rest}`;
}

function namesOf(names: readonly string[]): Html {
  return listed(names.map((name) => html`<b>${shown(name, 60)}</b>`));
}

function verb(names: readonly string[], plural: string): string {
  return names.length === 1 ? `${plural}s` : plural;
}
