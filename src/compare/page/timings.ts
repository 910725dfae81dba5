import { renderBar } from "../../page/bar.ts";
import { nanoseconds } from "../../page/figures.ts";
import { type Html, html, join, shown } from "../../page/html.ts";
import { renderTable } from "../../page/table.ts";
import type { CompareReport, FunctionReport } from "../report.ts";

/** How many bytes of the page the tables take at most. */
const BYTES = 110_000;

/** How long the encoders took, a table for each architecture. */
export function renderTimings({ functions }: CompareReport): Html {
  const timed = functions.filter(({ timings }) => timings.length > 0);
  const arches = [...new Set(timed.map(({ arch }) => arch))];
  const tables = arches.map((arch) => {
    const own = timed.filter((each) => each.arch === arch);
    return renderTable({
      id: `timings-${arch}`,
      kind: "timings",
      caption: html`${arch}: nanoseconds of a call`,
      head: html`<tr><th scope="col">function</th><th scope="col">encoder</th><th scope="col" class="n">median</th><th scope="col" class="n">quartiles</th><th scope="col" class="n">less the loop</th><th scope="col">loop and own time, each function to its own scale</th></tr>`,
      things: own,
      render: renderFunction,
      one: "function",
      bytes: BYTES / arches.length,
    });
  });
  return html`<section aria-labelledby="timings"><h2 id="timings">Timings</h2>
<p class="soft">Median and quartiles of batches: a call with the loop around it. The loop alone is one around a function that does nothing. What it costs to cross into each encoder is in the <a href="#encoders">table of encoders</a>.</p>
${tables.length === 0 ? html`<p>Nothing was timed.</p>` : tables}</section>`;
}

function renderFunction({ name, loop, timings }: FunctionReport): Html {
  const scale = Math.max(loop, ...timings.map(({ median, upper }) => Math.max(median, upper)));
  const rows = timings.map(({ encoder, lower, median, upper }, i) => {
    const span = html`<th scope="rowgroup" rowspan="${timings.length}">${name} <small>loop ${nanoseconds(loop)}</small></th>`;
    const bar = renderBar({ lower, median, upper, base: loop }, scale);
    return html`<tr>${i === 0 ? span : []}<th scope="row">${shown(encoder, 60)}</th><td class="n">${nanoseconds(median)}</td><td class="n">${nanoseconds(lower)} – ${nanoseconds(upper)}</td><td class="n">${nanoseconds(Math.max(0, median - loop))}</td><td>${bar}</td></tr>
`;
  });
  return html`<tbody>${join(rows)}</tbody>
`;
}
