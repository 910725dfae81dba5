import { OPERATIONS, type Operation } from "../../../core/encoder/abi.ts";
import type { Arch } from "../../../core/machine/index.ts";
import { count } from "../../../lib/page/figures.ts";
import { leftOut } from "../../../lib/page/fit.ts";
import { type Html, html, join, NOTHING, shown } from "../../../lib/page/html.ts";
import { renderTable } from "../../../lib/page/table.ts";
import { HEADERS } from "../report.ts";
import { type Cell, NATIVE, type Standing, type Tally } from "./standing.ts";

/** How many rows each part of a matrix has at most. */
const ROWS = 40;

/** How many bytes of the page one matrix takes at most. */
const BYTES = 45_000;

/** Where the first disagreement of an encoder about an operation is on the page; undefined if it is not there. */
export type Finder = (arch: Arch, encoder: string, operation: Operation) => string | undefined;

/** Which encoders agree with which about each operation, a table for each architecture. */
export function renderMatrices(standings: readonly Standing[], find: Finder): Html {
  return html`<section aria-labelledby="agreement"><h2 id="agreement">Agreement</h2>
<p class="soft">By operation: = the same answers in all cases of the column, or in as many as were compared; ≠ other answers in so many; ~ so many that are no error: they differ by design, or no kernel makes such an input; – not compared. The cases of layout are constants.</p>
${standings.map((standing) => renderMatrix(standing, find))}</section>`;
}

function renderMatrix(standing: Standing, find: Finder): Html {
  const { arch, singles, pairs } = standing;
  const every = [...singles, ...pairs];
  if (every.length === 0) return html`<p>Nothing was compared on ${arch}.</p>`;
  // The most cases that any had of each operation that one had.
  const full = new Map<Operation, number>();
  for (const operation of OPERATIONS) {
    const cases = Math.max(...every.map(({ cells }) => cells.get(operation)?.cases ?? 0));
    if (cases > 0) full.set(operation, cases);
  }
  const parts = [
    { against: referenceOf(standing), tallies: mostTelling(singles), find },
    { against: html`each other`, tallies: mostTelling(pairs), find: () => undefined },
  ];
  const names = [...full.keys(), "all"].map((name) => html`<th scope="col">${name}</th>`);
  const cases = [...full.values(), sumOf(full)].map((each) => html`<td>${count(each)}</td>`);
  const table = renderTable({
    id: `agreement-${arch}`,
    kind: "matrix",
    caption: html`${arch}: who agrees`,
    head: html`<tr><td></td>${names}</tr>
<tr><th scope="row">cases</th>${cases}</tr>`,
    things: parts.filter(({ tallies }) => tallies.length > 0),
    render: (
      part,
    ) => html`<tbody><tr><th scope="rowgroup" colspan="${full.size + 2}">against ${part.against}</th></tr>
${part.tallies.map((tally) => renderRow(tally, full, (...cell) => part.find(arch, ...cell)))}</tbody>
`,
    one: "part",
    bytes: BYTES,
  });
  const rows = parts.reduce((sum, { tallies }) => sum + tallies.length, 0);
  return html`${table}${leftOut(every.length - rows, "row")}`;
}

/** As many as a part has rows, in their order; of more, those that disagree most. */
function mostTelling(tallies: readonly Tally[]): Tally[] {
  const byDisagreement = tallies.toSorted((a, b) => b.total.disagreed - a.total.disagreed);
  const kept = new Set(byDisagreement.slice(0, ROWS));
  return tallies.filter((tally) => kept.has(tally));
}

function renderRow(
  { encoders, cells, total }: Tally,
  full: ReadonlyMap<Operation, number>,
  find: (encoder: string, operation: Operation) => string | undefined,
): Html {
  const each = [...full].map(([operation, cases]) =>
    renderCell(cells.get(operation), cases, find(encoders[0] ?? "", operation)),
  );
  const names = encoders.map((name) => shown(name, 40));
  // What it cannot be compared in at all, as pairs cannot in constants, is not missing from its sum.
  const own = new Map([...full].filter(([operation]) => cells.has(operation)));
  return html`<tr><th scope="row">${join(names, " / ")}</th>${each}${renderCell(total, sumOf(own))}</tr>
`;
}

function sumOf(cases: ReadonlyMap<Operation, number>): number {
  return [...cases.values()].reduce((sum, each) => sum + each, 0);
}

function referenceOf({ truth, reference }: Standing): Html {
  if (truth === NATIVE) return html`the headers (native)`;
  return truth === HEADERS ? html`the headers` : html`the first, ${shown(reference, 40)}`;
}

/** @param full the cases of the column */
function renderCell(cell: Cell | undefined, full: number, id?: string): Html {
  if (cell === undefined)
    return html`<td class="soft">–<span class="unseen"> not compared</span></td>`;
  const { cases, disagreed, apart } = cell;
  if (cases === 0) return renderCell(undefined, full);
  if (disagreed === 0 && apart > 0) return html`<td>~ ${count(apart)} of ${count(cases)}</td>`;
  if (disagreed === 0) return html`<td>=${cases === full ? NOTHING : html` ${count(cases)}`}</td>`;
  const text = html`≠ ${count(disagreed)}${cases === full ? NOTHING : html` of ${count(cases)}`}`;
  return html`<td class="differs">${id === undefined ? text : html`<a href="#${id}">${text}</a>`}</td>`;
}
