import { BLOCK_STYLE, renderGrid, renderStories, watchScrolling } from "../../lib/page/block.ts";
import { COPY_STATUS, offerCopies, renderCommand } from "../../lib/page/command.ts";
import { renderDocument } from "../../lib/page/document.ts";
import { html, shown } from "../../lib/page/html.ts";
import { BASE_STYLE } from "../../lib/page/style.ts";
import { CALLS, gridOf, headOf, legendOf, storyOf } from "./blocks.ts";
import { noiseLine } from "./noise.ts";
import type { Report } from "./report.ts";

/** How many bytes of the page a table or a list takes at most. */
const BYTES = 100_000;

/** A run as one HTML file that asks for nothing else. @param command what was typed to get it */
export function renderBenchPage(report: Report, command: string): string {
  const { noise, groups, conditions, results } = report;
  const [run = "", ...machine] = headOf(report);
  const mechanisms = results.map(({ mechanism }) => mechanism);
  return renderDocument({
    title: `${noise.length > 0 ? "! " : ""}stublab bench: ${run}`,
    styles: [BASE_STYLE, BLOCK_STYLE],
    scripts: [watchScrolling, offerCopies],
    body: html`<a class="skip" href="#content">Skip to the results</a>
<header>
<p class="soft">stublab bench: ${run}</p>
<h1 class="${noise.length > 0 ? "bad" : ""}">${noiseLine(conditions, noise)}</h1>
<ul>
${machine.map((line) => html`<li>${shown(line)}</li>`)}
</ul>
<p>${renderCommand(command, "the command of this page")}</p>
</header>
<main id="content" tabindex="-1">
<p class="soft">${legendOf(report)} Ratios are those of batches of the same round.</p>
${groups.map((group) => renderGrid(gridOf(group, report), BYTES))}
<h2>What the mechanisms do</h2>
<p class="soft">${CALLS}</p>
${renderStories(
  groups.flatMap((group) => storyOf(group, mechanisms) ?? []),
  BYTES,
)}
</main>
${COPY_STATUS}`,
  });
}
