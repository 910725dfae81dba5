import { type Html, html, NOTHING } from "../../lib/page/html.ts";
import { digits } from "./figures.ts";
import { machineLines } from "./machine.ts";
import type { Group } from "./mechanism.ts";
import { noiseLine } from "./noise.ts";
import { type Report, type Result, resultsOf } from "./report.ts";
import { quartilesOf } from "./spread.ts";

/** Sizes in units of the chart. */
const WIDTH = 760;
const MARGIN = 16;
const NAMES = 128;
const BARS = 320;
const ROW = 20;
const GAP = 22;

const STYLE = `
svg { --paper: #fff; --ink: #1a1c1e; --soft: #565c62; --bar: #4f7cac; --c: #9aa7b4; --bad: #a11d14; }
@media (prefers-color-scheme: dark) {
  svg { --paper: #131517; --ink: #dee1e4; --soft: #9da4ab; --bar: #6d9ccd; --c: #5f6b77; --bad: #ff9087; }
}
text { font: 12px system-ui, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", sans-serif; fill: var(--ink); }
.name { font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
.title { font-size: 17px; font-weight: 600; }
.group { font-size: 13px; font-weight: 600; }
.soft { fill: var(--soft); font-size: 11px; }
.bad { fill: var(--bad); font-weight: 600; }
.paper { fill: var(--paper); }
.bar { fill: var(--bar); }
.c { fill: var(--c); }
path { stroke: var(--ink); fill: none; }
`;

/** A run as an SVG file that needs nothing else: bars of each group to its own scale, for light and dark screens. */
export function renderChart(report: Report): string {
  const parts: Html[] = [];
  let y = MARGIN + 14;
  const line = (text: string, kind: string, height: number) => {
    parts.push(html`<text x="${MARGIN}" y="${y}" class="${kind}">${text}</text>
`);
    y += height;
  };
  line("What it costs to drive another process", "title", 20);
  const noisy = report.noise.length > 0;
  for (const text of wrapped(noiseLine(report.conditions, report.noise), 95)) {
    line(text, noisy ? "bad" : "soft", 16);
  }
  for (const text of machineLines(report.machine).flatMap((each) => wrapped(each)))
    line(text, "soft", 15);
  line("Medians of one operation in µs, whiskers between the quartiles; grey is C.", "soft", 15);
  for (const group of report.groups) {
    y += GAP;
    line(`${group.name}: ${group.title}`, "group", 16);
    const results = resultsOf(report, group);
    const scale = Math.max(...results.map(({ microseconds }) => microseconds?.median ?? 0));
    for (const result of results) {
      parts.push(renderRow(result, group, scale, y, noisy));
      y += ROW;
    }
  }
  const height = y + MARGIN - 8;
  return `<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="chart-title"><title id="chart-title">stublab bench: what it costs to drive another process</title><style>${STYLE}</style>
<rect class="paper" width="${WIDTH}" height="${height}"/>
${parts.map(({ markup }) => markup).join("")}</svg>
`;
}

function renderRow(
  { mechanism, microseconds, ratio, reason, batches }: Result,
  group: Group,
  scale: number,
  top: number,
  noisy: boolean,
): Html {
  const y = top + 4;
  const name = html`<text x="${MARGIN}" y="${y + 7}" class="name">${mechanism.name}</text>`;
  const start = MARGIN + NAMES;
  if (microseconds === undefined) {
    const why = wrapped(`skipped: ${reason ?? "not measured"}`)[0] ?? "";
    return html`${name}<text x="${start}" y="${y + 7}" class="soft">${why}</text>
`;
  }
  // Whiskers may leave the scale.
  const at = (time: number) => (start + Math.min(time / scale, 1.25) * BARS).toFixed(1);
  const { median } = microseconds;
  const [low, high] = quartilesOf(microseconds, batches)?.map(at) ?? [];
  const end = Number(at(median));
  const whisker =
    low === undefined || high === undefined
      ? NOTHING
      : html`<path d="M${low} ${y + 2}H${high}M${low} ${y - 2}v8M${high} ${y - 2}v8"/>`;
  const kind = mechanism.lane === undefined ? "c" : "bar";
  const times =
    ratio === undefined
      ? mechanism.name === group.against
        ? "the reference"
        : ""
      : `${noisy ? "~" : ""}${digits(ratio.median)} × ${ratio.against}`;
  const label = Math.max(end, Number(high ?? 0)) + 8;
  return html`${name}<rect class="${kind}" x="${start}" y="${y - 4}" width="${Math.max(end - start, 1).toFixed(1)}" height="12"/>${whisker}<text x="${label}" y="${y + 7}">${digits(median)} <tspan class="soft">${times}</tspan></text>
`;
}

/** Lines that fit into the chart, broken at words. */
function wrapped(text: string, width = 115): string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const last = lines.at(-1) ?? "";
    if (last.length + word.length > width) lines.push(word);
    else lines[lines.length - 1] = last === "" ? word : `${last} ${word}`;
  }
  return lines;
}
