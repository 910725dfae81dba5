import { count, counted } from "../../page/figures.ts";
import { fit, leftOut } from "../../page/fit.ts";
import { type Html, html, NOTHING, plain, shown } from "../../page/html.ts";
import { renderTable } from "../../page/table.ts";
import type { LiveFailure, LiveReport } from "../report.ts";
import { Anchors } from "./anchor.ts";
import { renderInput, renderReplay } from "./input.ts";

/** How many bytes of the page the failures take at most, and the table. */
const FAILURE_BYTES = 50_000;
const TABLE_BYTES = 30_000;

/** What the kernel said; nothing where it was not asked. */
export function renderLive(live: readonly LiveReport[]): Html {
  if (live.length === 0) return NOTHING;
  return html`<section aria-labelledby="live"><h2 id="live">The kernel’s word</h2>
<p class="soft">What was done in stubs with what the encoders had encoded: in how many cases the kernel did what was meant, and about how many it could say nothing.</p>
${renderTable({
  id: "live-asked",
  caption: html`What the kernel was asked`,
  head: html`<tr><th scope="col">function</th><th scope="col">encoder</th><th scope="col">asked</th><th scope="col" class="n">cases</th><th scope="col" class="n">held</th><th scope="col" class="n">undecided</th><th scope="col" class="n">failed</th></tr>`,
  things: live,
  render: renderRow,
  one: "row",
  bytes: TABLE_BYTES,
})}
${renderFailures(live)}</section>`;
}

function renderRow({ name, encoder, asked, cases, held, undecided }: LiveReport): Html {
  const failed = cases - held - undecided;
  const verdict =
    failed > 0 ? html`<td class="n differs">≠ ${count(failed)}</td>` : html`<td class="n">0</td>`;
  return html`<tr><th scope="row">${name}</th><td>${shown(encoder, 60)}</td><td class="told">${shown(asked, 160)}</td><td class="n">${count(cases)}</td><td class="n">${count(held)}</td><td class="n">${count(undecided)}</td>${verdict}</tr>
`;
}

function renderFailures(live: readonly LiveReport[]): Html {
  const failures = live.flatMap((report) =>
    report.failures.map((failure) => ({ report, failure })),
  );
  if (failures.length === 0) return html`<p>The kernel contradicted nobody.</p>`;
  const anchors = new Anchors("k-");
  const cards = fit(
    failures,
    ({ report, failure }) => renderFailure(report, failure, anchors),
    FAILURE_BYTES,
  );
  return html`${leftOut(failures.length - cards.length, "failure")}${cards}`;
}

function renderFailure(
  { name, encoder }: LiveReport,
  failure: LiveFailure,
  anchors: Anchors,
): Html {
  const { field, cases, meant, seen, input, replay } = failure;
  const place = field === name ? html`${name}` : html`${name} ${shown(field, 80)}`;
  const id = anchors.give([name, encoder, field, meant, seen]);
  return html`<article id="${id}" aria-labelledby="${id}-t">
<div class="head"><h3 class="mono" id="${id}-t"><a href="#${id}">${shown(encoder, 60)} ${place}</a></h3><span class="soft">${counted(cases, "case")}</span></div>
<dl><dt>meant</dt><dd><code>${shown(meant)}</code></dd>
<dt>seen</dt><dd><code class="bad">${shown(seen)}</code></dd>
${renderInput(input)}${renderReplay(replay, plain(`${encoder} ${name} ${field}`, 80))}</dl></article>
`;
}
