import { COPY_STATUS, offerCopies, renderCommand } from "../../lib/page/command.ts";
import { renderDocument } from "../../lib/page/document.ts";
import { counted, duration } from "../../lib/page/figures.ts";
import { type Html, html, shown } from "../../lib/page/html.ts";
import { BASE_STYLE } from "../../lib/page/style.ts";
import { renderTable, watchScrolling } from "../../lib/page/table.ts";
import { COLUMNS, cellsOf, MEASURED, sequenceOf, skipOf } from "./figures.ts";
import { machineLines } from "./machine.ts";
import type { Group } from "./mechanism.ts";
import { noiseLine } from "./noise.ts";
import { type Report, type Result, resultsOf } from "./report.ts";

const STYLE = `
.results th[scope="row"] { white-space: normal; min-width: 9rem; }
.results th[scope="row"] small { display: block; font-family: system-ui, sans-serif; color: var(--soft); }
.results td { vertical-align: top; }
`;

/** How many bytes of the page a group takes at most. */
const BYTES = 100_000;

const NUMBERS = COLUMNS.map((name) => html`<th scope="col" class="n">${name}</th>`);

/** A run as one HTML file that asks for nothing else. @param command what was typed to get it */
export function renderBenchPage(report: Report, command: string): string {
  const { noise, rounds, seconds, interrupted, machine, groups, conditions } = report;
  const summary = `${counted(rounds, "round")}, ${duration(seconds * 1000)}${interrupted ? ", interrupted" : ""}`;
  const noisy = noise.length > 0;
  return renderDocument({
    title: `${noisy ? "! " : ""}stublab bench: ${summary}`,
    styles: [BASE_STYLE, STYLE],
    scripts: [watchScrolling, offerCopies],
    body: html`<a class="skip" href="#content">Skip to the results</a>
<header>
<p class="soft">stublab bench: ${summary}</p>
<h1 class="${noisy ? "bad" : ""}">${noiseLine(conditions, noise)}</h1>
<ul>
${machineLines(machine).map((line) => html`<li>${shown(line)}</li>`)}
</ul>
<p>${renderCommand(command, "the command of this page")}</p>
</header>
<main id="content" tabindex="-1">
<p class="soft">Medians and quartiles of batches, in microseconds of one operation. Ratios are those of batches of the same round.${noisy ? " ~ marks ratios of a noisy run." : ""}</p>
${groups.map((group) => renderGroup(group, report))}
</main>
${COPY_STATUS}`,
  });
}

function renderGroup(group: Group, report: Report): Html {
  const table = renderTable({
    id: `${group.name}-table`,
    kind: "results",
    caption: html`${group.name}, ratio to <code>${group.against}</code>`,
    head: html`<tr><th scope="col">mechanism</th>${NUMBERS}</tr>`,
    things: resultsOf(report, group),
    render: (result) => renderResult(result, report.noise.length > 0),
    one: "mechanism",
    bytes: BYTES,
  });
  return html`<section aria-labelledby="${group.name}"><h2 id="${group.name}">${group.name}: ${group.title}</h2>
<p>${group.why}</p>
${table}</section>
`;
}

function renderResult(result: Result, noisy: boolean): Html {
  const { mechanism } = result;
  const skipped = skipOf(result);
  const cells = cellsOf(result, noisy).map((text) => html`<td class="n">${text}</td>`);
  const figures =
    skipped === undefined
      ? cells
      : [html`<td colspan="${MEASURED}">${shown(skipped)}</td>`, ...cells.slice(MEASURED)];
  return html`<tr><th scope="row">${mechanism.name}<small>${mechanism.title}: ${sequenceOf(mechanism)}</small></th>${figures}</tr>
`;
}
