import { count, percent } from "../../page/figures.ts";
import { type Html, html, join, NOTHING, shown } from "../../page/html.ts";
import { renderTable } from "../../page/table.ts";
import type { CompareReport, Coverage, FunctionReport } from "../report.ts";

/** How many bytes of the page the tables take at most. */
const BYTES = 60_000;

/** Low halves that a status word can have. */
const LOW_HALVES = 65_536;

interface Share {
  readonly seen: number;
  readonly all: number;
}

/** How much of the inputs was tried, a table for each architecture. */
export function renderCoverage({ functions }: CompareReport): Html {
  const arches = [...new Set(functions.map(({ arch }) => arch))];
  const tables = arches.map((arch) => {
    const own = functions.filter((each) => each.arch === arch);
    return renderTable({
      id: `coverage-${arch}`,
      caption: html`${arch}: inputs`,
      head: html`<tr><th scope="col">function</th><th scope="col" class="n">cases</th><th scope="col">enumerated</th><th scope="col">flags, alone and by two</th><th scope="col">classes of words</th><th scope="col">status words</th></tr>`,
      things: own,
      render: renderRow,
      one: "function",
      bytes: BYTES / arches.length,
    });
  });
  return html`<section aria-labelledby="coverage"><h2 id="coverage">Coverage</h2>
<p class="soft">Enumerated cases are all tried before anything is drawn at random. A class of words is a sign and a bit length.</p>
${tables.length === 0 ? html`<p>No function was called.</p>` : tables}</section>`;
}

function renderRow({ name, cases, coverage }: FunctionReport): Html {
  const { enumerated, flags, classes } = coverage;
  const every = enumerated.all === 0 ? "" : renderShare(enumerated, true);
  return html`<tr><th scope="row">${name}</th><td class="n">${count(cases)}</td><td>${every}</td><td>${flags.map(renderFlags)}</td><td class="told">${renderClasses(classes)}</td><td>${renderStatuses(coverage)}</td></tr>
`;
}

function renderShare({ seen, all }: Share, inPercent = false): Html {
  if (seen === all) return html`all ${count(all)}`;
  const share = inPercent ? html` <span class="soft">(${percent(seen, all)})</span>` : NOTHING;
  return html`${count(seen)} of ${count(all)}${share}`;
}

function renderFlags({ parameter, bits, pairs }: Coverage["flags"][number]): Html {
  return html`<div>${shown(parameter, 40)}: ${renderShare(bits)} bits, ${renderShare(pairs)} pairs</div>`;
}

/** Parameters with the same share are named together. */
function renderClasses(shares: Coverage["classes"]): Html {
  const groups = new Map<string, { share: Share; names: Html[] }>();
  for (const { parameter, seen, all } of shares) {
    const key = `${seen} ${all}`;
    const group = groups.get(key) ?? { share: { seen, all }, names: [] };
    group.names.push(shown(parameter, 40));
    groups.set(key, group);
  }
  return join(
    [...groups.values()].map(
      ({ share, names }) => html`<div>${join(names, " ")}: ${renderShare(share)}</div>`,
    ),
  );
}

function renderStatuses({ statuses }: Coverage): Html {
  if (statuses === null) return NOTHING;
  return html`<div>low halves: ${renderShare({ seen: statuses.low, all: LOW_HALVES }, true)}</div><div>events: ${count(statuses.events)}</div>`;
}
