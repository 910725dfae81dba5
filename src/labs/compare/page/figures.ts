import type { Arch } from "../../../core/machine/index.ts";
import { count, percent } from "../../../lib/page/figures.ts";
import { type Html, html, join, NOTHING, shown } from "../../../lib/page/html.ts";
import { renderTable, type Table } from "../../../lib/page/table.ts";
import type { CompareReport, Coverage, FunctionReport } from "../report.ts";

/** How many bytes of the page the tables take at most. */
const COVERAGE_BYTES = 60_000;

/** Low halves that a status word can have. */
const LOW_HALVES = 65_536;

/** A table of functions for each architecture. */
function renderTables(
  functions: readonly FunctionReport[],
  bytes: number,
  table: (arch: Arch) => Omit<Table<FunctionReport>, "things" | "one" | "bytes">,
): Html[] {
  const arches = [...new Set(functions.map(({ arch }) => arch))];
  return arches.map((arch) =>
    renderTable({
      ...table(arch),
      things: functions.filter((each) => each.arch === arch),
      one: "function",
      bytes: bytes / arches.length,
    }),
  );
}

/** How much of the inputs was tried. */
export function renderCoverage({ functions }: CompareReport): Html {
  const tables = renderTables(functions, COVERAGE_BYTES, (arch) => ({
    id: `coverage-${arch}`,
    caption: html`${arch}: inputs`,
    head: html`<tr><th scope="col">function</th><th scope="col" class="n">cases</th><th scope="col">enumerated</th><th scope="col">flags, alone and by two</th><th scope="col">classes of words</th><th scope="col">status words</th></tr>`,
    render: renderCovered,
  }));
  return html`<section aria-labelledby="coverage"><h2 id="coverage">Coverage</h2>
<p class="soft">Enumerated cases are all tried before anything is drawn at random. A class of words is a sign and a bit length.</p>
${tables.length === 0 ? html`<p>No function was called.</p>` : tables}</section>`;
}

function renderCovered({ name, cases, coverage }: FunctionReport): Html {
  const { enumerated, flags, classes, statuses } = coverage;
  const every = enumerated.all === 0 ? NOTHING : renderShare(enumerated, true);
  const sets = flags.map(
    ({ parameter, bits, pairs }) =>
      html`<div>${shown(parameter, 40)}: ${renderShare(bits)} bits, ${renderShare(pairs)} pairs</div>`,
  );
  const words =
    statuses === null
      ? NOTHING
      : html`<div>low halves: ${renderShare({ seen: statuses.low, all: LOW_HALVES }, true)}</div><div>events: ${count(statuses.events)}</div>`;
  return html`<tr><th scope="row">${name}</th><td class="n">${count(cases)}</td><td>${every}</td><td>${sets}</td><td class="told">${renderClasses(classes)}</td><td>${words}</td></tr>
`;
}

function renderShare({ seen, all }: Coverage["enumerated"], inPercent = false): Html {
  if (seen === all) return html`all ${count(all)}`;
  const share = inPercent ? html` <span class="soft">(${percent(seen, all)})</span>` : NOTHING;
  return html`${count(seen)} of ${count(all)}${share}`;
}

/** Parameters with the same share are named together. */
function renderClasses(classes: Coverage["classes"]): Html[] {
  const shares = new Map(classes.map((each) => [`${each.seen} ${each.all}`, each]));
  return [...shares.values()].map((share) => {
    const same = classes.filter(({ seen, all }) => seen === share.seen && all === share.all);
    const names = same.map(({ parameter }) => shown(parameter, 40));
    return html`<div>${join(names, " ")}: ${renderShare(share)}</div>`;
  });
}
