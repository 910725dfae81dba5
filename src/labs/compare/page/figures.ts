import type { Arch } from "../../../core/machine/index.ts";
import { renderBar } from "../../../lib/page/bar.ts";
import { count, nanoseconds, percent } from "../../../lib/page/figures.ts";
import { type Html, html, join, NOTHING, shown } from "../../../lib/page/html.ts";
import { renderTable, type Table } from "../../../lib/page/table.ts";
import type { CompareReport, Coverage, FunctionReport } from "../report.ts";

/** How many bytes of the page the tables take at most. */
const TIMING_BYTES = 110_000;
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

/** How long the encoders took. */
export function renderTimings({ functions }: CompareReport): Html {
  const timed = functions.filter(({ timings }) => timings.length > 0);
  const tables = renderTables(timed, TIMING_BYTES, (arch) => ({
    id: `timings-${arch}`,
    kind: "timings",
    caption: html`${arch}: nanoseconds of a call`,
    head: html`<tr><th scope="col">function</th><th scope="col">encoder</th><th scope="col" class="n">median</th><th scope="col" class="n">quartiles</th><th scope="col" class="n">less the loop</th><th scope="col">loop and own time, each function to its own scale</th></tr>`,
    render: renderTimes,
  }));
  return html`<section aria-labelledby="timings"><h2 id="timings">Timings</h2>
<p class="soft">Median and quartiles of batches: a call with the loop around it. The loop alone is one around a function that does nothing. What it costs to cross into each encoder is in the <a href="#encoders">table of encoders</a>.</p>
${tables.length === 0 ? html`<p>Nothing was timed.</p>` : tables}</section>`;
}

function renderTimes({ name, loop, timings }: FunctionReport): Html {
  const scale = Math.max(loop, ...timings.map(({ median, upper }) => Math.max(median, upper)));
  const rows = timings.map(({ encoder, lower, median, upper }, i) => {
    const span = html`<th scope="rowgroup" rowspan="${timings.length}">${name} <small>loop ${nanoseconds(loop)}</small></th>`;
    const bar = renderBar({ median, quartiles: [lower, upper], base: loop }, scale);
    return html`<tr>${i === 0 ? span : []}<th scope="row">${shown(encoder, 60)}</th><td class="n">${nanoseconds(median)}</td><td class="n">${nanoseconds(lower)} – ${nanoseconds(upper)}</td><td class="n">${median > loop ? nanoseconds(median - loop) : "below the loop"}</td><td>${bar}</td></tr>
`;
  });
  return html`<tbody>${join(rows)}</tbody>
`;
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
