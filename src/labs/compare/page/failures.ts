import { count, counted } from "../../../lib/page/figures.ts";
import { fit, leftOut } from "../../../lib/page/fit.ts";
import { type Html, html, NOTHING, shown } from "../../../lib/page/html.ts";
import { renderTable } from "../../../lib/page/table.ts";
import type { BreakKind } from "../record.ts";
import type { Breakage, LiveReport } from "../report.ts";
import { Anchors, renderCard, renderRow } from "./card.ts";

/** How many bytes of the page the breaks take at most, the failures in stubs, and the table of those. */
const BYTES = 50_000;
const TABLE_BYTES = 30_000;

/** What each kind of break is. */
const KINDS: Readonly<Record<BreakKind, string>> = {
  trap: "a trap or an exception ended the call",
  answer: "returned something other than a number of the right kind",
  memory: "it wrote outside of its records, or its memory moved or grew",
  loop: "did not return in time",
  crash: "its process ended",
  refused: "was refused when it was opened",
};

/** The encoders that did not answer; nothing if all did. */
export function renderBroken(broken: readonly Breakage[]): Html {
  if (broken.length === 0) return NOTHING;
  const anchors = new Anchors("b-");
  const cards = fit(broken, (each) => renderBreakage(each, anchors), BYTES);
  return html`<section aria-labelledby="broken"><h2 id="broken">Broken encoders</h2>
<p class="soft">${counted(broken.length, "function")} without an answer. What came before counts; from there on the encoder is not compared in that function.</p>
${leftOut(broken.length - cards.length, "of them", "of them")}
${cards}</section>`;
}

function renderBreakage(breakage: Breakage, anchors: Anchors): Html {
  const { encoder, arch, name, kind, message, input, replay } = breakage;
  const place = name ?? "when opened";
  return renderCard({
    id: anchors.give([arch, name, encoder, kind]),
    level: 3,
    title: html`${shown(encoder, 80)} ${place}`,
    beside: html`<span class="soft">${arch ?? ""}</span>`,
    rows: html`${renderRow(kind, html`<span class="soft">${KINDS[kind]}</span>`)}${renderRow("message", html`<code>${shown(message, 600)}</code>`)}`,
    input: name === null ? undefined : input,
    replay,
    what: `${encoder} ${place}`,
  });
}

/** What the kernel said; nothing if it was not asked. */
export function renderLive(live: readonly LiveReport[]): Html {
  if (live.length === 0) return NOTHING;
  const failures = live.flatMap((report) =>
    report.failures.map((failure) => ({ ...failure, name: report.name, encoder: report.encoder })),
  );
  const anchors = new Anchors("k-");
  const cards = fit(failures, (each) => renderFailure(each, anchors), BYTES);
  return html`<section aria-labelledby="live"><h2 id="live">The kernel’s word</h2>
<p class="soft">The encoders’ results were used in stubs: the cases in which the kernel did what was meant, those that it does not decide, and those in which it did something else.</p>
${renderTable({
  id: "live-asked",
  caption: html`What the kernel was asked`,
  head: html`<tr><th scope="col">function</th><th scope="col">encoder</th><th scope="col">asked</th><th scope="col" class="n">cases</th><th scope="col" class="n">held</th><th scope="col" class="n">undecided</th><th scope="col" class="n">failed</th></tr>`,
  things: live,
  render: renderAsked,
  one: "row",
  bytes: TABLE_BYTES,
})}
${failures.length === 0 ? html`<p>The kernel contradicted none of ${counted(sumOf(live.map(({ cases }) => cases)), "case")}; it decided ${count(sumOf(live.map(({ held }) => held)))}.</p>` : leftOut(failures.length - cards.length, "failure")}${cards}</section>`;
}

function sumOf(amounts: readonly number[]): number {
  return amounts.reduce((sum, each) => sum + each, 0);
}

function renderAsked({ name, encoder, asked, cases, held, undecided }: LiveReport): Html {
  const failed = cases - held - undecided;
  const verdict =
    failed > 0 ? html`<td class="n differs">≠ ${count(failed)}</td>` : html`<td class="n">0</td>`;
  return html`<tr><th scope="row">${name}</th><td>${shown(encoder, 60)}</td><td class="told">${shown(asked, 160)}</td><td class="n">${count(cases)}</td><td class="n">${count(held)}</td><td class="n">${count(undecided)}</td>${verdict}</tr>
`;
}

type Failure = LiveReport["failures"][number] & Pick<LiveReport, "name" | "encoder">;

function renderFailure(failure: Failure, anchors: Anchors): Html {
  const { name, encoder, field, cases, meant, seen, input, replay } = failure;
  const place = field === name ? html`${name}` : html`${name} ${shown(field, 80)}`;
  return renderCard({
    id: anchors.give([name, encoder, field, meant, seen]),
    level: 3,
    title: html`${shown(encoder, 60)} ${place}`,
    beside: html`<span class="soft">${counted(cases, "case")}</span>`,
    rows: html`${renderRow("meant", html`<code>${shown(meant)}</code>`)}${renderRow("seen", html`<code class="bad">${shown(seen)}</code>`)}`,
    input,
    replay,
    what: `${encoder} ${name} ${field}`,
  });
}
