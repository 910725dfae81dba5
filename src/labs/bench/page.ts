import { renderBar } from "../../lib/page/bar.ts";
import { COPY_STATUS, offerCopies, renderCommand } from "../../lib/page/command.ts";
import { renderDocument } from "../../lib/page/document.ts";
import { counted, duration } from "../../lib/page/figures.ts";
import { type Html, html, join, plain, shown } from "../../lib/page/html.ts";
import { BASE_STYLE } from "../../lib/page/style.ts";
import { renderTable, watchScrolling } from "../../lib/page/table.ts";
import { digits, eventsOf, sequenceOf } from "./figures.ts";
import type { Group } from "./mechanism.ts";
import { noiseLine } from "./noise.ts";
import { type Report, type Result, resultsOf } from "./report.ts";
import { quartilesOf } from "./spread.ts";

const STYLE = `
.kicker { margin: 0 0 0.25rem; color: var(--soft); }
h1.noisy { color: var(--bad); }
nav ul { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: 0.125rem 1.25rem; }
.results th[scope="row"] { white-space: normal; min-width: 11rem; }
.results th[scope="row"] small { display: block; font-family: system-ui, sans-serif; color: var(--soft); }
.results tbody tr > :first-child { position: sticky; left: 0; background: var(--paper); }
details { margin: 0.5rem 0; }
.calls dt { font-family: var(--mono); font-size: 0.8125rem; }
.calls dd { margin: 0 0 0.375rem 1rem; }
summary { color: var(--soft); cursor: pointer; }
.results td, .results th { vertical-align: top; }
.results .bar { margin-top: 0.25rem; }
.results tr.c .own { fill: var(--bar-base); }
@media (max-width: 40rem) {
  .results th[scope="row"] { min-width: 7.5rem; max-width: 9rem; }
}
`;

/** How many bytes of the page a group takes at most. */
const BYTES = 100_000;

/** A run as one HTML file that asks for nothing else. @param command what was typed to get it */
export function renderBenchPage(report: Report, command: string): string {
  const { noise, results, rounds, seconds, interrupted } = report;
  const measured = results.filter(({ microseconds }) => microseconds !== undefined).length;
  const summary = `${counted(measured, "mechanism")}, ${counted(rounds, "round")}, ${duration(seconds * 1000)}`;
  const noisy = noise.length > 0;
  const verdict = noiseLine(report.conditions, noise);
  const entries = report.groups.map(
    ({ name, title }) => html`<li><a href="#${name}">${name}</a> <small>${title}</small></li>
`,
  );
  return renderDocument({
    title: `${noisy ? "! " : ""}stublab bench: ${summary}`,
    styles: [BASE_STYLE, STYLE],
    scripts: [watchScrolling, offerCopies],
    body: html`<a class="skip" href="#content">Skip to the results</a>
<header>
<p class="kicker">stublab bench: ${summary}${interrupted ? ", interrupted" : ""}</p>
<h1 class="${noisy ? "noisy" : "quiet"}">${verdict}</h1>
<nav aria-label="Contents"><ul>
${entries}<li><a href="#machine">Machine and run</a></li>
</ul></nav>
</header>
<main id="content" tabindex="-1">
<p class="soft">Medians and quartiles of batches, in microseconds of one operation. Ratios are those of batches of the same round, to the mechanism named at each table. Bars of plain C are grey; the whisker spans the quartiles.${noisy ? " ~ marks ratios of a noisy run." : ""}</p>
${report.groups.map((group) => renderGroup(group, report))}
${renderRun(report, command)}
</main>
${COPY_STATUS}`,
  });
}

function renderGroup(group: Group, report: Report): Html {
  const results = resultsOf(report, group);
  const scale = Math.max(0, ...results.map(({ microseconds }) => microseconds?.median ?? 0));
  const table = renderTable({
    id: `${group.name}-table`,
    kind: "results",
    caption: html`${group.name}: µs for one, ratio to <code>${group.against}</code>`,
    head: html`<tr><th scope="col">mechanism</th><th scope="col" class="n">median</th><th scope="col">to scale</th><th scope="col" class="n">ratio</th><th scope="col" class="n">quartiles</th><th scope="col" class="n">stops</th><th scope="col" class="n">wake-ups</th><th scope="col" class="n">calls</th></tr>`,
    things: results,
    render: (result) => renderResult(result, scale, report.noise.length > 0),
    one: "mechanism",
    bytes: BYTES,
  });
  return html`<section aria-labelledby="${group.name}"><h2 id="${group.name}">${group.name}: ${group.title}</h2>
<p>${group.why}</p>
${table}
${renderSequences(results)}</section>
`;
}

/** The system calls of mechanisms; those with the same calls share an entry. */
function renderSequences(results: readonly Result[]): Html {
  const sharing = new Map<string, string[]>();
  for (const { mechanism } of results) {
    const sequence = sequenceOf(mechanism);
    if (sequence === "") continue;
    sharing.set(sequence, [...(sharing.get(sequence) ?? []), mechanism.name]);
  }
  const entries = [...sharing].map(
    ([sequence, names]) => html`<dt>${names.join(", ")}</dt><dd><code>${sequence}</code></dd>
`,
  );
  return html`<details><summary>Which system calls: of the measuring process, then of the other</summary>
<dl class="calls">${entries}</dl></details>`;
}

function renderResult(
  { mechanism, microseconds, ratio, reason, batches }: Result,
  scale: number,
  noisy: boolean,
): Html {
  const head = html`<th scope="row">${mechanism.name}<small>${mechanism.title}</small></th>`;
  const kind = mechanism.lane === undefined ? "c" : "stublab";
  const { stops, wakeups, calls } = eventsOf(mechanism);
  const cost = html`<td class="n">${stops}</td><td class="n">${wakeups}</td><td class="n">${calls}</td>`;
  if (microseconds === undefined) {
    return html`<tr class="${kind}">${head}<td colspan="4">skipped: ${shown(reason ?? "not measured")}</td>${cost}</tr>
`;
  }
  const { median } = microseconds;
  const quartiles = quartilesOf(microseconds, batches);
  const bar = renderBar({ median, quartiles, base: 0 }, scale);
  const times = ratio === undefined ? "" : `${noisy ? "~" : ""}${digits(ratio.median)}`;
  return html`<tr class="${kind}">${head}<td class="n">${digits(median)}</td><td>${bar}</td><td class="n">${times}</td><td class="n">${quartiles?.map(digits).join(" – ") ?? ""}</td>${cost}</tr>
`;
}

function renderRun({ machine, bound, rounds }: Report, command: string): Html {
  const mitigations = Object.entries(machine.mitigations).map(
    ([name, state]) => html`<li><code>${shown(name)}</code>: ${shown(state)}</li>
`,
  );
  const other = bound.other === undefined ? "; there is no second one" : ` and ${bound.other}`;
  return html`<section aria-labelledby="machine"><h2 id="machine">Machine and run</h2>
<dl class="facts">
<dt>command</dt><dd>${renderCommand(command, "the command of this page")}</dd>
<dt>rounds</dt><dd>${rounds}</dd>
<dt>bound to</dt><dd>processor ${bound.own}${other}</dd>
<dt>kernel</dt><dd>Linux ${plain(machine.kernel)}</dd>
<dt>processor</dt><dd>${plain(machine.processor)}, ${machine.processors} online</dd>
<dt>hypervisor</dt><dd>${plain(machine.virtualization)}</dd>
<dt>governor</dt><dd>${plain(machine.governor)}</dd>
<dt>clock</dt><dd>${plain(machine.clocksource)}</dd>
<dt>autogroup</dt><dd>${plain(machine.autogroup)}</dd>
<dt>Node.js</dt><dd>${plain(machine.node)}</dd>
<dt>mitigations</dt><dd>${mitigations.length === 0 ? html`none` : html`<ul>${join(mitigations)}</ul>`}</dd>
</dl>
</section>`;
}
