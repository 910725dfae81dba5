import { counted } from "../../../../lib/page/figures.ts";
import { fit } from "../../../../lib/page/fit.ts";
import { type Html, html, NOTHING, plain, shown } from "../../../../lib/page/html.ts";
import { tellDiscarded } from "../../fact.ts";
import type { Fact, Recording } from "../../recording.ts";
import type { Course, CoursePage } from "./data.ts";

/** How many bytes of the page each part takes at most. */
const BYTES = 40_000;

/** Says how many things of each name a page leaves out, where it does. */
export function renderLeft(left: Readonly<Record<string, number>>): Html {
  const parts = Object.entries(left)
    .filter(([, number]) => number > 0)
    .map(([many, number]) => counted(number, many.slice(0, -1)));
  if (parts.length === 0) return NOTHING;
  return html`<p class="left-out">Left out of this page: ${parts.join(", ")}. The recording has all.</p>`;
}

/** What a reader needs before the first step: what this is, and who is in it. It does not say how it ends. */
export function renderHeader(recording: Recording, course: Course | null): Html {
  const { scenario, title, introduction, lanes } = recording;
  const roles = fit(
    lanes,
    (
      { id, role, pid },
      i,
    ) => html`<dt><b class="p${i % 6}">${shown(id, 60)}</b> <span class="soft">${pid}</span></dt><dd>${shown(role)}</dd>
`,
    BYTES,
  );
  return html`<header>
${course === null ? NOTHING : renderCourse(course)}
<p class="kicker">${shown(scenario, 60)}</p>
<h1>${shown(title)}</h1>
<details id="about" open><summary>Introduction</summary>
<div class="about"><div class="prose">${paragraphs(introduction)}</div>
<aside aria-labelledby="cast"><h2 id="cast">Who is in it</h2><dl class="roles">${roles}</dl>
${renderLeft({ lanes: lanes.length - roles.length })}</aside></div></details>
</header>`;
}

/** Links to the pages around one, and to all. */
export function renderCourse({ index, pages, place }: Course): Html {
  const link = (page: CoursePage | undefined, rel: string, before: string, after = "") =>
    page === undefined
      ? NOTHING
      : html`<a rel="${rel}" href="${page.file}">${before}<span>${plain(page.title, 80)}</span>${after}</a>`;
  return html`<nav class="course" aria-label="Lessons">${link(pages[place - 1], "prev", "← ")}${link(index, "index", "≡ ")}${link(pages[place + 1], "next", "", " →")}</nav>`;
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

/** What must be true in the end, and what the kernel said; the rest of the lesson; and how it was recorded. */
export function renderEnd(recording: Recording, lesson: Html): Html {
  const { end, observed, stublab, machine, encoder } = recording;
  const facts = fit(end, renderFact, BYTES);
  return html`<div id="ending"><section><h2 id="end">The end</h2>
${renderVerdict(end)}
${paragraphs(tellDiscarded(recording))}
<div class="scroll" role="region" aria-labelledby="end" tabindex="0"><table class="end">
<thead><tr><td></td><th scope="col">fact</th><th scope="col">expected</th><th scope="col">seen</th></tr></thead>
<tbody>${facts}</tbody>
</table></div>
${renderLeft({ facts: end.length - facts.length })}</section>
${lesson}</div>
<section class="prose"><h2>How it was recorded</h2>
<p>By stublab ${shown(stublab, 40)}, on Linux ${shown(machine.kernel, 80)} (${machine.arch}). The encoder ${shown(encoder, 60)} wrote the registers.</p>
${observed.length === 0 ? NOTHING : html`<details><summary>What the observer changed</summary>${paragraphs(observed)}</details>`}</section>`;
}

function renderVerdict(end: readonly Fact[]): Html {
  const wrong = end.filter(({ held }) => !held).length;
  if (end.length === 0) return html`<p>No facts were checked.</p>`;
  if (wrong === 0)
    return html`<p><span class="good">=</span> It ended as it must: ${counted(end.length, "fact")} held.</p>`;
  return html`<p><span class="bad">≠ It did not end as it must:</span> of ${counted(end.length, "fact")}, ${wrong} did not hold.</p>`;
}

function renderFact({ fact, expected, seen, held }: Fact): Html {
  const sign = held
    ? html`<span class="good" role="img" aria-label="held">=</span>`
    : html`<span class="bad" role="img" aria-label="did not hold">≠</span>`;
  return html`<tr><td>${sign}</td><th scope="row">${shown(fact, 200)}</th><td>${shown(expected, 200)}</td><td>${shown(seen, 200)}</td></tr>
`;
}
