import { renderCommand } from "../../../lib/page/command.ts";
import { count, counted, duration } from "../../../lib/page/figures.ts";
import { fit, leftOut } from "../../../lib/page/fit.ts";
import { type Html, html, NOTHING, plain, shown } from "../../../lib/page/html.ts";
import { renderTable } from "../../../lib/page/table.ts";
import type { CompareReport, EncoderReport } from "../report.ts";

/** How many bytes of the page the encoders take at most, and the notes. */
const ENCODER_BYTES = 25_000;
const NOTE_BYTES = 15_000;

/** How the comparison was run. */
export function renderRun(report: CompareReport, command: string): Html {
  const { seed, cases, milliseconds, encoders } = report;
  const arches = [...new Set(encoders.map(({ arch }) => arch))];
  const rate = milliseconds > 0 ? ` (${count((1000 * cases) / milliseconds)} a second)` : "";
  return html`<section aria-labelledby="run"><h2 id="run">Run</h2>
<dl class="facts">
<dt>command</dt><dd>${renderCommand(command, "the command of this page")}</dd>
<dt>seed</dt><dd><code>${shown(seed)}</code></dd>
<dt>cases</dt><dd>${count(cases)} in ${duration(milliseconds)}${rate}, each given to every encoder that has the function</dd>
<dt>architectures</dt><dd>${arches.join(", ") || "none"}</dd>
</dl>
${renderEncoders(encoders)}
${renderNotes(report.notes)}
</section>`;
}

function renderEncoders(encoders: readonly EncoderReport[]): Html {
  return renderTable({
    id: "encoders",
    caption: html`Encoders`,
    head: html`<tr><th scope="col">encoder</th><th scope="col">architecture</th><th scope="col" class="n">functions</th><th scope="col" class="n">constants</th></tr>`,
    things: encoders,
    render: renderEncoder,
    one: "encoder",
    bytes: ENCODER_BYTES,
  });
}

function renderEncoder({ name, arch, functions, constants }: EncoderReport): Html {
  return html`<tr><th scope="row">${shown(name, 80)}</th><td>${arch}</td><td class="n">${count(functions)}</td><td class="n">${count(constants)}</td></tr>
`;
}

function renderNotes(notes: readonly string[]): Html {
  if (notes.length === 0) return NOTHING;
  const items = fit(notes, (note) => html`<li>${shown(note, 600)}</li>`, NOTE_BYTES);
  return html`<h3>Not compared</h3><ul>${items}</ul>${leftOut(notes.length - items.length, "note")}`;
}

/** The run in a line: "3 encoders, 200,000 cases of seed 0x1, 0.33 s". */
export function summaryOf({ encoders, cases, seed, milliseconds }: CompareReport): string {
  const names = new Set(encoders.map(({ name }) => name));
  const ran = `${counted(cases, "case")} of seed ${plain(seed, 20)}`;
  return `${counted(names.size, "encoder")}, ${ran}, ${duration(milliseconds)}`;
}
