import { renderDocument } from "../../../../lib/page/document.ts";
import { fit, leftOut } from "../../../../lib/page/fit.ts";
import { type Html, html, NOTHING, plain, shown } from "../../../../lib/page/html.ts";
import { BASE_STYLE } from "../../../../lib/page/style.ts";
import { alignRecordings, type Beside, type BesideRow } from "../../beside.ts";
import { Moments } from "../../moment.ts";
import type { Recording } from "../../recording.ts";
import { type BesideRun, besideRuns, tellParting } from "../beside_told.ts";
import { stepNumber } from "../told.ts";
import { RECORDING_STYLE } from "./style.ts";

/** The most bytes that the steps may take. */
const BYTES = 1_000_000;

/** What the page has beyond that of a recording. */
const BESIDE_STYLE = `
main > :not(#app) { max-width: none; }
h1 a { color: inherit; text-decoration-thickness: 1px; }
#content { margin-top: 1.25rem; }
.beside { width: 100%; table-layout: fixed; }
.beside :is(th, td) { width: 50%; white-space: normal; overflow-wrap: anywhere; vertical-align: top; padding: 0.375rem 0.75rem;
  font-family: inherit; font-size: 0.875rem; border-top: 1px solid var(--rule); }
.beside thead th { color: var(--ink); font-size: 1.0625rem; font-weight: 600; border: 0; }
.beside :is(th, td) + * { border-left: 1px solid var(--rule); }
.beside p { margin: 0.125rem 0; max-width: 42rem; }
.beside .same { color: var(--soft); }
.beside .apart .step { border-left: 3px solid var(--bad); }
.beside .alike .step { border-left: 3px solid var(--s-T); }
.beside .where { margin: 0; }
.beside .none { background: var(--band); }
.parting > td { background: var(--band); }
.fold { margin: 0; border-top: 1px solid var(--rule); }
.fold > summary { padding: 0.5rem 0.75rem; color: var(--soft); background: var(--band); }
@media (max-width: 48rem) { .beside :is(th, td) { padding-inline: 0.375rem; } .beside .mono { font-size: 0.75rem; } }
`;

/** One of the two, with the class of each lane's colour: lanes that correspond have the same. */
interface Side {
  readonly recording: Recording;
  readonly moments: Moments;
  readonly colors: ReadonlyMap<string | null, string>;
}

/** Two recordings side by side, as one HTML file without a script. */
export function renderBesidePage(left: Recording, right: Recording): string {
  const beside = alignRecordings(left, right);
  const side = (recording: Recording, name: "left" | "right"): Side => ({
    recording,
    moments: new Moments(recording),
    colors: new Map(beside.lanes.map((pair, i) => [pair[name], `p${i % 6}`])),
  });
  const [one, other] = [side(left, "left"), side(right, "right")];
  const runs = besideRuns(beside);
  const parting = beside.part === null ? null : (beside.rows[beside.part] ?? null);
  const parts = fit(runs, (run) => renderRun(run, one, other, parting), BYTES);
  return renderDocument({
    title: `stublab: ${plain(left.title, 60)} | ${plain(right.title, 60)}`,
    styles: [BASE_STYLE, RECORDING_STYLE, BESIDE_STYLE],
    scripts: [],
    body: html`<a class="skip" href="#content">Skip to the steps</a>
<header><p class="kicker">two recordings side by side</p>
<h1>${parting === null ? tellParting(beside) : html`<a href="#part">${tellParting(beside)}</a>`}</h1></header>
<main id="content" tabindex="-1">
<table class="beside"><caption class="unseen">The recordings</caption>
<thead><tr>${renderHead(one)}${renderHead(other)}</tr></thead>
<tbody>${beside.lanes.map(
      (
        pair,
      ) => html`<tr><td>${renderLane(one, pair.left)}</td><td>${renderLane(other, pair.right)}</td></tr>
`,
    )}</tbody></table>
<h2>Steps</h2>
${parts}
${leftOut(runs.length - parts.length, "stretch", "stretches")}
${renderEnd(beside)}
</main>`,
  });
}

function renderHead({ recording: { title, scenario, steps } }: Side): Html {
  return html`<th scope="col">${shown(title)}<br><small class="mono">${shown(scenario, 60)}, ${steps.length} steps</small></th>`;
}

function renderLane({ recording, colors }: Side, id: string | null): Html {
  const lane = recording.lanes.find((each) => each.id === id);
  if (lane === undefined) return NOTHING;
  return html`<b class="${colors.get(id) ?? ""}">${shown(lane.id, 60)}</b> <span class="soft">${lane.pid}</span> ${shown(lane.role)}`;
}

function renderRun(run: BesideRun, one: Side, other: Side, parting: BesideRow | null): Html {
  const table = html`<table class="beside"><caption class="unseen">${run.told}</caption>
<tbody>${run.rows.map((row) => renderRow(row, one, other, row === parting))}</tbody></table>`;
  if (!run.isSame) return table;
  return html`<details class="fold"><summary>${run.told}</summary>${table}</details>
`;
}

function renderRow(row: BesideRow, one: Side, other: Side, isParting: boolean): Html {
  const { relation } = row;
  const start = isParting
    ? html`<tr id="part" class="parting ${relation}">`
    : html`<tr class="${relation}">`;
  return html`${start}${renderStep(row, one, "left")}${renderStep(row, other, "right")}</tr>
`;
}

function renderStep(row: BesideRow, side: Side, name: "left" | "right"): Html {
  const index = row[name];
  const step = side.recording.steps[index ?? -1];
  if (index === null || step === undefined) return html`<td class="none"></td>`;
  const { lane, about, title, why } = step;
  const state = side.moments.lane(about, index).state;
  const badge = state === null ? NOTHING : html`<span class="state s-${state}">${state}</span>`;
  const named = (id: string) => html`<b class="${side.colors.get(id) ?? ""}">${shown(id, 60)}</b>`;
  const lanes = lane === about ? named(lane) : html`${named(lane)} → ${named(about)}`;
  const values = row.differences
    .filter(({ what }) => what !== "title")
    .map((each) => html`<p class="mono">${each.what} <mark>${shown(each[name])}</mark></p>`);
  const isTitle = row.differences.some(({ what }) => what === "title");
  const told = isTitle ? html`<mark>${shown(title, 300)}</mark>` : shown(title, 300);
  return html`<td class="step"><p class="where">${row.relation === "same" ? NOTHING : html`<span class="unseen">${row.relation}, step </span>`}${stepNumber(index)} <span>${lanes}</span> ${badge}</p><p class="mono">${told}</p>${values}${row.relation === "same" || why === "" ? NOTHING : html`<p>${shown(why, 2000)}</p>`}</td>`;
}

function renderEnd({ end }: Beside): Html {
  if (end.length === 0) return NOTHING;
  const facts = fit(
    end,
    ({
      what,
      left,
      right,
    }) => html`<tr><td>${shown(what)}: <b>${shown(left)}</b></td><td>${shown(what)}: <b>${shown(right)}</b></td></tr>
`,
    40_000,
  );
  return html`<h2>The end</h2>
<table class="beside"><caption class="unseen">Facts that differ</caption><tbody>${facts}</tbody></table>
${leftOut(end.length - facts.length, "fact")}`;
}
