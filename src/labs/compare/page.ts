import { BLOCK_STYLE, renderGrid, renderStories, watchScrolling } from "../../lib/page/block.ts";
import { COPY_STATUS, offerCopies, renderCommand } from "../../lib/page/command.ts";
import { renderDocument } from "../../lib/page/document.ts";
import { fit, leftOut } from "../../lib/page/fit.ts";
import { html, NOTHING, shown } from "../../lib/page/html.ts";
import { BASE_STYLE } from "../../lib/page/style.ts";
import { agreementGrid, detailGrids } from "./grids.ts";
import type { CompareReport } from "./report.ts";
import { storiesOf } from "./stories.ts";
import { summaryOf } from "./summary.ts";

/** How many bytes of the page the stories take at most, each table, and the notes. */
const STORY_BYTES = 450_000;
const GRID_BYTES = 60_000;
const NOTE_BYTES = 15_000;

/** A sign for each kind of statement. */
const SIGNS = { differs: "≠", breaks: "!", agrees: "=" } as const;

const STYLE = `
.statements { list-style: none; padding: 0; }
.sign { display: inline-block; width: 1.5rem; font-family: var(--mono); font-weight: 600; color: var(--bad); }
.sign.agrees { color: var(--good); }
`;

/**
 * A comparison as one HTML file of less than 1 MB, which asks for nothing else and can be read without its
 * script. What it leaves out, it counts.
 *
 * @param command what was typed to get it
 */
export function renderComparePage(report: CompareReport, command: string): string {
  const { statements, run, rest } = summaryOf(report);
  const [first, ...others] = statements.map(
    ({ kind, text }) => html`<span class="sign ${kind}">${SIGNS[kind]}</span>${shown(text, 700)}`,
  );
  const told = [...others, ...rest.map((text) => html`<span class="sign"></span>${text}`)];
  const stories = storiesOf(report);
  const articles = renderStories(stories, STORY_BYTES);
  const grids = [agreementGrid(report, stories.slice(0, articles.length)), ...detailGrids(report)];
  const notes = fit(report.notes, (note) => html`<li>${shown(note, 600)}</li>`, NOTE_BYTES);
  return renderDocument({
    title: `${SIGNS[statements[0]?.kind ?? "agrees"]} stublab compare`,
    styles: [BASE_STYLE, BLOCK_STYLE, STYLE],
    scripts: [watchScrolling, offerCopies],
    body: html`<a class="skip" href="#content">Skip to the results</a>
<header>
<p class="soft">stublab compare: ${shown(run)}</p>
<h1>${first ?? html`nothing was compared`}</h1>
<ul class="statements">${told.map((each) => html`<li>${each}</li>`)}</ul>
</header>
<main id="content" tabindex="-1">
<section aria-labelledby="findings"><h2 id="findings">Findings</h2>
${stories.length === 0 ? html`<p>None.</p>` : html`<p class="soft">Inputs are the smallest that show it. Bytes are in the order of memory, and counted from the beginning of the block, struct or result.</p>`}
${leftOut(stories.length - articles.length, "finding")}
${articles}</section>
<section aria-labelledby="figures"><h2 id="figures">Figures</h2>
${grids.map((grid) => renderGrid(grid, GRID_BYTES))}</section>
<section aria-labelledby="run"><h2 id="run">Run</h2>
${renderCommand(command, "the command of this page")}
${notes.length === 0 ? NOTHING : html`<ul>${notes}</ul>`}${leftOut(report.notes.length - notes.length, "note")}
</section>
</main>
${COPY_STATUS}`,
  });
}
