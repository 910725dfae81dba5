import { OPERATIONS } from "../../encoder/abi.ts";
import { ARCHES } from "../../encoder/arch.ts";
import { count, counted } from "../../page/figures.ts";
import { leftOut } from "../../page/fit.ts";
import { type Html, html, NOTHING, shown } from "../../page/html.ts";
import type { CompareReport, Disagreement } from "../report.ts";
import { Anchors } from "./anchor.ts";
import { renderCard } from "./card.ts";
import { choose, PER_FIELD } from "./choice.ts";
import { renderFilter } from "./filter.ts";
import type { Finder } from "./matrix.ts";

/** How many bytes of the page the disagreements take at most. */
const BYTES = 400_000;

/** How many there must be for a filter to be of use. */
const FILTERED = 2;

/** The disagreements of one encoder on one architecture. */
interface Group {
  readonly first: Disagreement;
  /** How many there are, on the page or not. */
  readonly total: number;
  readonly cards: {
    readonly disagreement: Disagreement;
    readonly id: string;
    readonly markup: Html;
  }[];
}

/** The disagreements that the page shows, and where on it each is. */
export class Disagreements {
  readonly find: Finder;
  readonly #report: CompareReport;
  readonly #encoders: readonly string[];
  readonly #groups: readonly Group[];

  constructor(report: CompareReport) {
    const chosen = choose(report.disagreements);
    const disagreeing = new Set(chosen.map(({ encoder }) => encoder));
    const names = new Set([...report.encoders.map(({ name }) => name), ...disagreeing]);
    this.#report = report;
    this.#encoders = [...names].filter((name) => disagreeing.has(name));
    this.#groups = this.#arrange(chosen);
    const ids = new Map<string, string>();
    for (const { disagreement, id } of this.#groups.flatMap(({ cards }) => cards).toReversed()) {
      ids.set(
        JSON.stringify([disagreement.arch, disagreement.encoder, disagreement.operation]),
        id,
      );
    }
    this.find = (...place) => ids.get(JSON.stringify(place));
  }

  render(): Html {
    const shownCount = this.#groups.reduce((sum, { cards }) => sum + cards.length, 0);
    const all = this.#report.disagreements.length;
    return html`<section aria-labelledby="disagreements"><h2 id="disagreements">Disagreements</h2>
${all === 0 ? html`<p>None.</p>` : INTRODUCTION}
${leftOut(all - shownCount, "disagreement")}
${shownCount < FILTERED ? NOTHING : this.#renderFilter(shownCount)}
${this.#groups.map(renderGroup)}</section>`;
  }

  #renderFilter(shownCount: number): Html {
    const onPage = this.#groups.flatMap(({ cards }) => cards.map((card) => card.disagreement));
    return renderFilter({
      encoders: this.#encoders,
      operations: OPERATIONS.filter((each) => onPage.some(({ operation }) => operation === each)),
      arches: [...new Set(onPage.map(({ arch }) => arch))],
      count: shownCount,
    });
  }

  /** Renders as many as fit, the most wanted first, and puts them in the report's order. */
  #arrange(chosen: readonly Disagreement[]): Group[] {
    const groups = new Map<string, Group>();
    const anchors = new Anchors("d-");
    const totals = totalsOf(this.#report.disagreements);
    let rest = BYTES;
    for (const disagreement of chosen) {
      const encoder = this.#encoders.indexOf(disagreement.encoder);
      const key = keyOf(disagreement);
      const group = groups.get(key) ?? {
        first: disagreement,
        total: totals.get(key) ?? 0,
        cards: [],
      };
      const id = anchors.give(traitsOf(disagreement));
      const markup = renderCard(disagreement, id, encoder);
      rest -= Buffer.byteLength(markup.markup);
      if (!groups.has(key)) rest -= Buffer.byteLength(renderGroup(group).markup);
      if (rest < 0) break;
      groups.set(key, group);
      group.cards.push({ disagreement, id, markup });
    }
    const order = new Map(this.#report.disagreements.map((each, i) => [each, i]));
    for (const { cards } of groups.values()) {
      cards.sort((a, b) => (order.get(a.disagreement) ?? 0) - (order.get(b.disagreement) ?? 0));
    }
    const rankOf = ({ first: { arch, encoder } }: Group) =>
      ARCHES.indexOf(arch) * this.#encoders.length + this.#encoders.indexOf(encoder);
    return [...groups.values()].sort((a, b) => rankOf(a) - rankOf(b));
  }
}

const INTRODUCTION = html`<p class="soft">Cases that go wrong in the same place, by encoder and architecture; at most ${count(PER_FIELD)} for each field of a function. Bytes are in the order of memory and counted from the beginning of the block, struct or result; inputs are the smallest that show it.</p>`;

function renderGroup({ first, total, cards }: Group): Html {
  const part = cards.length < total ? html`${count(cards.length)} of ` : NOTHING;
  return html`<div class="group"><h3>${shown(first.encoder, 80)} on ${first.arch} <small>${part}${counted(total, "disagreement")}</small></h3>
${cards.map(({ markup }) => markup)}</div>
`;
}

function keyOf({ encoder, arch }: Disagreement): string {
  return `${arch} ${encoder}`;
}

function totalsOf(disagreements: readonly Disagreement[]): Map<string, number> {
  const totals = new Map<string, number>();
  for (const each of disagreements) totals.set(keyOf(each), 1 + (totals.get(keyOf(each)) ?? 0));
  return totals;
}

/** What makes a disagreement the same in another run. */
function traitsOf({ arch, name, encoder, against, field, input }: Disagreement): unknown[] {
  return [arch, name, encoder, against, field, input.map((each) => [each.name, each.word])];
}
