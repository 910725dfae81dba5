import { counted } from "../../../page/figures.ts";
import { fit } from "../../../page/fit.ts";
import { type Html, html, NOTHING, shown } from "../../../page/html.ts";
import type { Fact, Recording } from "../../recording.ts";
import { renderLeft } from "./left.ts";

/** How many bytes of the page each part takes at most. */
const BYTES = 40_000;

/** What a reader needs before the first step: what this is, who is in it, and how it ended. */
export function renderHeader(recording: Recording): Html {
  const { scenario, stublab, machine, encoder, title, introduction, lanes, observed } = recording;
  const roles = fit(
    lanes,
    ({
      id,
      role,
      pid,
    }) => html`<dt>${shown(id, 60)} <span class="soft">${pid}</span></dt><dd>${shown(role)}</dd>
`,
    BYTES,
  );
  return html`<header>
<p class="kicker">stublab ${shown(stublab, 40)}: a recording of <b>${shown(scenario, 60)}</b>, Linux ${shown(machine.kernel, 80)} on ${machine.arch}, encoder ${shown(encoder, 60)}</p>
<h1>${shown(title)}</h1>
${renderVerdict(recording.end)}
<div class="about"><div>${paragraphs(introduction)}</div>
<div><h2 class="small">Who is in it</h2><dl class="roles">${roles}</dl>
${renderLeft({ lanes: lanes.length - roles.length })}${observed.length === 0 ? NOTHING : html`<details><summary>What the observer changed</summary>${paragraphs(observed)}</details>`}</div></div>
</header>`;
}

function paragraphs(texts: readonly string[]): Html {
  const all = fit(
    texts,
    (text) => html`<p>${shown(text, 2000)}</p>
`,
    BYTES,
  );
  return html`${all}${renderLeft({ paragraphs: texts.length - all.length })}`;
}

function renderVerdict(end: readonly Fact[]): Html {
  if (end.length === 0) return NOTHING;
  const wrong = end.filter(({ held }) => !held).length;
  const link = html`<a href="#end">${counted(end.length, "fact")}</a>`;
  if (wrong === 0)
    return html`<p><span class="good">=</span> It ended as it must: ${link} held.</p>`;
  return html`<p><span class="bad">≠ It did not end as it must:</span> of ${link}, ${wrong} did not hold.</p>`;
}

/** What must be true in the end, and what the kernel said. */
export function renderEnd({ end }: Recording): Html {
  if (end.length === 0) return NOTHING;
  const facts = fit(end, renderFact, BYTES);
  return html`<section><h2 id="end">The end</h2>
<div class="scroll" role="region" aria-labelledby="end" tabindex="0"><table class="end">
<thead><tr><td></td><th scope="col">fact</th><th scope="col">expected</th><th scope="col">seen</th></tr></thead>
<tbody>${facts}</tbody>
</table></div>
${renderLeft({ facts: end.length - facts.length })}</section>`;
}

function renderFact({ fact, expected, seen, held }: Fact): Html {
  const sign = held
    ? html`<span class="good" role="img" aria-label="held">=</span>`
    : html`<span class="bad" role="img" aria-label="did not hold">≠</span>`;
  return html`<tr><td>${sign}</td><th scope="row">${shown(fact, 200)}</th><td>${shown(expected, 200)}</td><td>${shown(seen, 200)}</td></tr>
`;
}
