import { OPERATIONS } from "../../../core/encoder/abi.ts";
import { ARCHES } from "../../../core/machine/index.ts";
import { count, counted } from "../../../lib/page/figures.ts";
import { leftOut } from "../../../lib/page/fit.ts";
import { type Html, html, NOTHING, shown } from "../../../lib/page/html.ts";
import { listed } from "../../../lib/page/sentence.ts";
import { cut } from "../../../lib/visible.ts";
import type { CompareReport, Disagreement, Verdict } from "../report.ts";
import { renderAnswers, renderFirst } from "./bytes.ts";
import { Anchors, renderCard, renderFlags, renderRow } from "./card.ts";
import { renderFilter } from "./filter.ts";
import type { Finder } from "./matrix.ts";

/** How many disagreements of one encoder about one field of one function are shown, and how many in all. */
export const PER_FIELD = 6;
export const TOTAL = 300;

/** How many bytes of the page they take at most. */
const BYTES = 400_000;

/** How many there must be for a filter to be of use. */
const FILTERED = 2;

/** How much of each of its names distinguishes a field. */
const NAME = 200;

/** The disagreements of one encoder on one architecture. */
interface Group {
  readonly first: Disagreement;
  /** How many there are, on the page or not. */
  readonly total: number;
  readonly cards: { readonly at: number; readonly id: string; readonly markup: Html }[];
}

/** Renders the disagreements; `find` is where on the page each is. */
export function renderDisagreements(report: CompareReport): { html: Html; find: Finder } {
  const all = report.disagreements;
  const chosen = choose(all);
  const disagreeing = new Set(chosen.map(({ encoder }) => encoder));
  const encoders = [
    ...new Set([...report.encoders.map(({ name }) => name), ...disagreeing]),
  ].filter((name) => disagreeing.has(name));
  const groups = arrange(all, chosen, encoders);
  const cards = groups.flatMap((group) => group.cards);
  const onPage = cards.flatMap(({ at }) => all[at] ?? []);
  const form = renderFilter({
    encoders,
    operations: OPERATIONS.filter((each) => onPage.some(({ operation }) => operation === each)),
    arches: [...new Set(onPage.map(({ arch }) => arch))],
    count: cards.length,
  });
  const markup = html`<section aria-labelledby="disagreements"><h2 id="disagreements">Disagreements</h2>
${all.length === 0 ? html`<p>None.</p>` : INTRODUCTION}
${leftOut(all.length - cards.length, "disagreement")}
${cards.length < FILTERED ? NOTHING : form}
${groups.map(renderGroup)}</section>`;
  const find: Finder = (arch, encoder, operation) =>
    cards.find(({ at }) => {
      const found = all[at];
      return found?.arch === arch && found.encoder === encoder && found.operation === operation;
    })?.id;
  return { html: markup, find };
}

const INTRODUCTION = html`<p class="soft">Cases that go wrong in the same place, by encoder and architecture; at most ${count(PER_FIELD)} for each field of a function. Bytes are in the order of memory and counted from the beginning of the block, struct or result; inputs are the smallest that show it.</p>`;

/**
 * The disagreements that a page shows, the most wanted first: each function of each encoder gets one before any gets a
 * second, and so does each field.
 */
export function choose(disagreements: readonly Disagreement[]): Disagreement[] {
  const wanted = byRank(
    disagreements,
    ({ arch, encoder, against, name, field }) => [arch, encoder, against, name ?? "", field],
    PER_FIELD,
  );
  return byRank(wanted, ({ arch, encoder, name }) => [arch, encoder, name ?? ""]).slice(0, TOTAL);
}

/** The first thing of each key, then the second of each, and so on, up to `most` of each. */
function byRank<T>(
  things: readonly T[],
  key: (thing: T) => readonly string[],
  most = Number.POSITIVE_INFINITY,
): T[] {
  const seen = new Map<string, number>();
  const ranked = things.map((thing) => {
    const own = JSON.stringify(key(thing).map((name) => cut(name, NAME).text));
    const rank = seen.get(own) ?? 0;
    seen.set(own, rank + 1);
    return { thing, rank };
  });
  const kept = ranked.filter(({ rank }) => rank < most).sort((a, b) => a.rank - b.rank);
  return kept.map(({ thing }) => thing);
}

/** Renders as many of the chosen ones as fit, and puts them in the report's order. */
function arrange(
  all: readonly Disagreement[],
  chosen: readonly Disagreement[],
  encoders: readonly string[],
): Group[] {
  const order = new Map(all.map((each, i) => [each, i]));
  const rankOf = ({ arch, encoder }: Disagreement) =>
    ARCHES.indexOf(arch) * encoders.length + encoders.indexOf(encoder);
  const groups = new Map<number, Group>();
  const anchors = new Anchors("d-");
  let rest = BYTES;
  for (const first of chosen) {
    const rank = rankOf(first);
    const total = all.filter(
      ({ arch, encoder }) => arch === first.arch && encoder === first.encoder,
    );
    const group = groups.get(rank) ?? { first, total: total.length, cards: [] };
    const id = anchors.give(traitsOf(first));
    const markup = renderDisagreement(first, id, encoders.indexOf(first.encoder));
    rest -= Buffer.byteLength(markup.markup);
    if (!groups.has(rank)) rest -= Buffer.byteLength(renderGroup(group).markup);
    if (rest < 0) break;
    groups.set(rank, group);
    group.cards.push({ at: order.get(first) ?? 0, id, markup });
  }
  for (const { cards } of groups.values()) cards.sort((a, b) => a.at - b.at);
  return [...groups].sort(([a], [b]) => a - b).map(([, group]) => group);
}

/** What makes a disagreement the same in another run. */
function traitsOf({ arch, name, encoder, against, field, input }: Disagreement): unknown[] {
  return [arch, name, encoder, against, field, input.map((each) => [each.name, each.word])];
}

function renderGroup({ first, total, cards }: Group): Html {
  const part = cards.length < total ? html`${count(cards.length)} of ` : NOTHING;
  return html`<div class="group"><h3>${shown(first.encoder, 80)} on ${first.arch} <small>${part}${counted(total, "disagreement")}</small></h3>
${cards.map(({ markup }) => markup)}</div>
`;
}

/** @param encoder the number of its encoder in the filter */
function renderDisagreement(disagreement: Disagreement, id: string, encoder: number): Html {
  const { arch, operation, name, field, cases, masks, flags, input, replay } = disagreement;
  const often = masks > 1 ? html`, one of ${count(masks)} masks` : NOTHING;
  const telling = flags.some((flag) => flag !== field);
  return renderCard({
    id,
    level: 4,
    attributes: html` data-encoder="${encoder}" data-operation="${operation}" data-arch="${arch}"`,
    title: name === null || name === field ? shown(field, 80) : html`${name} ${shown(field, 80)}`,
    beside: html`<p class="mono first">${renderFirst(disagreement)}</p><span class="soft">${counted(cases, "case")}${often}</span>`,
    rows: html`${renderAnswers(disagreement)}${telling ? renderFlags(flags) : NOTHING}${renderRow("verdict", renderVerdict(disagreement.verdict), "mono")}`,
    input: name === null ? undefined : input,
    replay,
    what: name === null ? field : `${name} ${field}`,
  });
}

function renderVerdict({ by, right, wrong, reason }: Verdict): Html {
  const told = shown(reason, 400);
  if (by === "nobody") return html`<b>undecided</b>: ${told}`;
  const namesOf = (names: readonly string[]) => listed(names.map((name) => shown(name, 60)));
  const losers =
    wrong.length === 0 ? html`nobody is wrong` : html`<b class="bad">${namesOf(wrong)} wrong</b>`;
  const others = right.filter((name) => name !== by);
  const winners = others.length === 0 ? NOTHING : html`, ${namesOf(others)} right`;
  return html`by the ${by === "abi" ? "ABI" : by}: ${losers}${winners}; ${told}`;
}
