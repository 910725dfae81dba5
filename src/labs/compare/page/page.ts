import { COPY_STATUS, offerCopies } from "../../../lib/page/command.ts";
import { renderDocument } from "../../../lib/page/document.ts";
import { count } from "../../../lib/page/figures.ts";
import { type Html, html, NOTHING } from "../../../lib/page/html.ts";
import { BASE_STYLE } from "../../../lib/page/style.ts";
import { watchScrolling } from "../../../lib/page/table.ts";
import type { CompareReport } from "../report.ts";
import { renderDisagreements } from "./disagreements.ts";
import { renderBroken, renderLive } from "./failures.ts";
import { renderCoverage } from "./figures.ts";
import { serveFilter } from "./filter.ts";
import { renderMatrices } from "./matrix.ts";
import { renderRun, summaryOf } from "./run.ts";
import { standingOf } from "./standing.ts";
import { COMPARE_STYLE } from "./style.ts";
import { type Statement, statementsOf } from "./verdict.ts";

/**
 * A comparison as one HTML file of less than 1 MB, which asks for nothing else and can be read without its
 * script. What it leaves out, it counts.
 *
 * @param command what was typed to get it
 */
export function renderComparePage(report: CompareReport, command: string): string {
  const arches = [...new Set(report.encoders.map(({ arch }) => arch))];
  const standings = arches.map((arch) => standingOf(report, arch));
  const statements = statementsOf(report, standings);
  const disagreements = renderDisagreements(report);
  return renderDocument({
    title: `${SIGNS[statements[0]?.kind ?? "idle"]} stublab compare: ${summaryOf(report)}`,
    styles: [BASE_STYLE, COMPARE_STYLE],
    scripts: [watchScrolling, offerCopies, serveFilter],
    body: html`<a class="skip" href="#content">Skip to the results</a>
<header>
<p class="kicker">stublab compare: ${summaryOf(report)}</p>
${renderStatements(statements)}
${renderContents(report)}
</header>
<main id="content" tabindex="-1">
${renderMatrices(standings, disagreements.find)}
${disagreements.html}
${renderBroken(report.broken)}
${renderLive(report.live)}
${renderCoverage(report)}
${renderRun(report, command)}
</main>
${COPY_STATUS}`,
  });
}

/** A sign for each kind of statement. */
const SIGNS: Readonly<Record<Statement["kind"], string>> = {
  differs: "≠",
  breaks: "!",
  agrees: "=",
  idle: "–",
};

function renderStatements([first, ...others]: readonly Statement[]): Html {
  if (first === undefined) return NOTHING;
  const rest = others.map(
    (each) => html`<li>${renderStatement(each)}</li>
`,
  );
  const list = rest.length === 0 ? NOTHING : html`<ul class="statements">${rest}</ul>`;
  return html`<h1>${renderStatement(first)}</h1>${list}`;
}

function renderStatement({ kind, text }: Statement): Html {
  return html`<span class="sign ${kind}">${SIGNS[kind]}</span>${text}`;
}

function renderContents({ disagreements, broken, live }: CompareReport): Html {
  const entry = (id: string, text: string, number?: number) =>
    html`<li><a href="#${id}">${text}</a>${number === undefined ? NOTHING : html` ${count(number)}`}</li>
`;
  return html`<nav aria-label="Contents"><ul>
${entry("agreement", "Agreement")}${entry("disagreements", "Disagreements", disagreements.length)}${broken.length === 0 ? NOTHING : entry("broken", "Broken encoders", broken.length)}${live.length === 0 ? NOTHING : entry("live", "The kernel’s word")}${entry("coverage", "Coverage")}${entry("run", "Run")}</ul></nav>`;
}
