import { OPERATIONS, type Operation } from "../../encoder/abi.ts";
import type { Arch } from "../../encoder/arch.ts";
import { count } from "../../page/figures.ts";
import { leftOut } from "../../page/fit.ts";
import { type Html, html, join, NOTHING, shown } from "../../page/html.ts";
import { renderTable } from "../../page/table.ts";
import type { CompareReport } from "../report.ts";
import { NATIVE, standingOf } from "./standing.ts";
import { type Cell, mostTelling, type Tally, talliesOf } from "./tallies.ts";

/** How many rows each part of a matrix has at most. */
const ROWS = 40;

/** How many bytes of the page one matrix takes at most. */
const BYTES = 45_000;

/** Where the first disagreement of an encoder about an operation is on the page; undefined where it is not. */
export type Finder = (arch: Arch, encoder: string, operation: Operation) => string | undefined;

/** Rows under a heading of their own. */
interface Part {
  readonly against: Html;
  readonly tallies: readonly Tally[];
  /** The id of what a cell leads to. */
  readonly link: (tally: Tally, operation: Operation) => string | undefined;
}

/** The cases of each column. */
type Full = ReadonlyMap<Operation, number>;

/** Who agrees with whom about which operation, a table for each architecture. */
export function renderMatrices(report: CompareReport, find: Finder): Html {
  const arches = [...new Set(report.encoders.map(({ arch }) => arch))];
  const matrices = arches.map((arch) => renderMatrix(report, arch, find));
  return html`<section aria-labelledby="agreement"><h2 id="agreement">Agreement</h2>
<p class="soft">By operation: = the same answers in all cases of the column, or in as many as were compared; ≠ other answers in so many; – not compared. The cases of layout are constants.</p>
${matrices}</section>`;
}

function renderMatrix(report: CompareReport, arch: Arch, find: Finder): Html {
  const { truth, pairs } = talliesOf(report, arch);
  const every = [...truth, ...pairs];
  if (every.length === 0) return html`<p>Nothing was compared on ${arch}.</p>`;
  const full = casesOf(every);
  const parts: Part[] = [
    {
      against: decider(report, arch),
      tallies: mostTelling(truth, ROWS),
      link: ({ encoders: [encoder = ""] }, operation) => find(arch, encoder, operation),
    },
    { against: html`each other`, tallies: mostTelling(pairs, ROWS), link: () => undefined },
  ];
  const table = renderTable({
    id: `agreement-${arch}`,
    kind: "matrix",
    caption: html`${arch}: who agrees`,
    head: renderHead(full),
    things: parts.filter(({ tallies }) => tallies.length > 0),
    render: (part) => renderPart(part, full),
    one: "part",
    bytes: BYTES,
  });
  const rows = parts.reduce((sum, { tallies }) => sum + tallies.length, 0);
  return html`${table}${leftOut(every.length - rows, "row")}`;
}

/** The most cases that any had of each operation that one had. */
function casesOf(tallies: readonly Tally[]): Full {
  const full = new Map<Operation, number>();
  for (const operation of OPERATIONS) {
    const cases = tallies.map((tally) => tally.cell(operation)?.cases ?? 0);
    if (cases.some((each) => each > 0)) full.set(operation, Math.max(...cases));
  }
  return full;
}

function renderPart({ against, tallies, link }: Part, full: Full): Html {
  const rows = tallies.map((tally) => {
    const cells = [...full].map(([operation, cases]) =>
      renderCell(tally.cell(operation), cases, link(tally, operation)),
    );
    const names = tally.encoders.map((name) => shown(name, 40));
    // What it cannot be compared in at all, as pairs cannot in constants, is not missing from its sum.
    const own = [...full].filter(([operation]) => tally.cell(operation) !== undefined);
    const total = renderCell(tally.total, sumOf(own.map(([, cases]) => cases)));
    return html`<tr><th scope="row">${join(names, " / ")}</th>${cells}${total}</tr>
`;
  });
  return html`<tbody><tr><th scope="rowgroup" colspan="${full.size + 2}">against ${against}</th></tr>
${rows}</tbody>
`;
}

function renderHead(full: Full): Html {
  const names = [...full.keys(), "all"].map((name) => html`<th scope="col">${name}</th>`);
  const cases = [...full.values(), sumOf([...full.values()])].map(
    (each) => html`<td>${count(each)}</td>`,
  );
  return html`<tr><td></td>${names}</tr>
<tr><th scope="row">cases</th>${cases}</tr>`;
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, each) => sum + each, 0);
}

/** What single encoders are held against. */
function decider(report: CompareReport, arch: Arch): Html {
  const { truth } = standingOf(report, arch);
  if (truth === NATIVE) return html`the headers (native)`;
  if (truth !== undefined) return html`the headers`;
  const first = report.encoders.find((each) => each.arch === arch);
  return html`the first, ${shown(first?.name ?? "", 40)}`;
}

/** @param full the cases of the column */
function renderCell(cell: Cell | undefined, full: number, id?: string): Html {
  if (cell === undefined)
    return html`<td class="soft">–<span class="unseen"> not compared</span></td>`;
  const { cases, disagreed } = cell;
  if (disagreed === 0) return html`<td>=${cases === full ? NOTHING : html` ${count(cases)}`}</td>`;
  const text = html`≠ ${count(disagreed)}${cases === full ? NOTHING : html` of ${count(cases)}`}`;
  return html`<td class="differs">${id === undefined ? text : html`<a href="#${id}">${text}</a>`}</td>`;
}
