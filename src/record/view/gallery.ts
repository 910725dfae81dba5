import { renderDocument } from "../../page/document.ts";
import { counted } from "../../page/figures.ts";
import { fit, leftOut } from "../../page/fit.ts";
import { type Html, html, NOTHING, shown } from "../../page/html.ts";
import { listed } from "../../page/sentence.ts";
import { BASE_STYLE } from "../../page/style.ts";
import type { Recording } from "../recording.ts";
import { COURSE } from "../scenarios.ts";
import { GALLERY_STYLE } from "./gallery_style.ts";
import { renderThumbnail } from "./thumbnail.ts";

/** A recording, and what its files beside the gallery are called: NAME.html and NAME.json. */
export interface Exhibit {
  readonly name: string;
  readonly recording: Recording;
}

/** How much of a paragraph is shown, in UTF-16 units. */
const PARAGRAPH = 1200;

/** The most bytes that each part of the course may take. */
const BYTES = 2_000_000;

/**
 * The page that leads to the pages of recordings, in the order of the course; what belongs to no part of it comes
 * last.
 */
export function renderGallery(exhibits: readonly Exhibit[]): string {
  const parts = COURSE.map(({ title, scenarios }) => ({
    title,
    of: scenarios.flatMap((name) =>
      exhibits.filter(({ recording }) => recording.scenario === name),
    ),
  }));
  const placed = new Set(parts.flatMap(({ of }) => of));
  parts.push({ title: "Others", of: exhibits.filter((each) => !placed.has(each)) });
  return renderDocument({
    title: "stublab: lessons",
    styles: [BASE_STYLE, GALLERY_STYLE],
    scripts: [],
    body: html`<a class="skip" href="#lessons">Skip to the lessons</a>
<header>
<h1>How a ptrace stub comes to life, and what goes wrong</h1>
${renderOrigin(exhibits)}
</header>
<main id="lessons" tabindex="-1">
${parts.filter(({ of }) => of.length > 0).map(renderPart)}
</main>`,
  });
}

/** What was recorded, where and with what. */
function renderOrigin(exhibits: readonly Exhibit[]): Html {
  const all = (tell: (recording: Recording) => string) =>
    listed(
      [...new Set(exhibits.map(({ recording }) => tell(recording)))].map((text) => shown(text, 80)),
    );
  if (exhibits.length === 0) return html`<p>There are no recordings here.</p>`;
  return html`<p>${counted(exhibits.length, "recording")} of real processes, each to be walked through step by step,
forwards and backwards. Recorded by stublab ${all(({ stublab }) => stublab)} on Linux
${all(({ machine }) => `${machine.kernel} (${machine.arch})`)}; registers written by
${all(({ encoder }) => encoder)}.</p>
<p class="soft">In the pictures, time goes from left to right, a step at a time: small ticks are instructions, tall
ones system calls and requests, squares stops, diamonds signals, and a cross is an end.</p>`;
}

function renderPart({ title, of }: { title: string; of: readonly Exhibit[] }): Html {
  const entries = fit(of, renderExhibit, BYTES);
  return html`<section>
<h2>${title}</h2>
<ol class="lessons">
${entries}
</ol>
${leftOut(of.length - entries.length, "recording")}
</section>
`;
}

function renderExhibit({ name, recording }: Exhibit): Html {
  const { title, introduction, lanes, steps, questions, end } = recording;
  const held = end.filter((fact) => fact.held).length;
  const [first] = introduction;
  const facts = html`${held} of ${counted(end.length, "fact")} held`;
  return html`<li>${renderThumbnail(recording)}<div>
<h3><a href="${name}.html">${shown(title)}</a></h3>
${first === undefined ? NOTHING : html`<p>${shown(first, PARAGRAPH)}</p>`}
<p class="soft">${counted(lanes.length, "lane")}: ${listed(lanes.map(({ id }) => shown(id, 40)))}.
${counted(steps.length, "step")}, ${counted(questions.length, "question")},
${held < end.length ? html`<strong class="bad">${facts}</strong>` : facts}.
<a href="${name}.json">The recording<span class="unseen"> of ${shown(name)}</span></a></p>
</div></li>
`;
}
