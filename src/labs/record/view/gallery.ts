import { renderDocument } from "../../../lib/page/document.ts";
import { counted } from "../../../lib/page/figures.ts";
import { fit, leftOut } from "../../../lib/page/fit.ts";
import { type Html, html, NOTHING, plain, shown } from "../../../lib/page/html.ts";
import { listed } from "../../../lib/page/sentence.ts";
import { BASE_STYLE } from "../../../lib/page/style.ts";
import { COURSE } from "../course.ts";
import type { Recording } from "../recording.ts";
import { GALLERY_STYLE } from "./gallery_style.ts";
import type { Course, CoursePage } from "./page/data.ts";
import { renderThumbnail } from "./thumbnail.ts";

/** A recording, and what its files beside the gallery are called: NAME.html and NAME.json. */
export interface Exhibit {
  readonly name: string;
  readonly recording: Recording;
}

/** The file of the gallery, and that of the encoder beside it. */
export const INDEX: CoursePage = { title: "All lessons", file: "index.html" };
export const ENCODER: CoursePage = { title: "The encoder", file: "encoder.html" };

/** How much of a paragraph is shown, in UTF-16 units. */
const PARAGRAPH = 1200;

/** The most bytes that each part of the course may take. */
const BYTES = 2_000_000;

interface Part {
  readonly title: string;
  readonly of: readonly Exhibit[];
}

/** The parts of the course; what belongs to none comes last. */
function arrange(exhibits: readonly Exhibit[]): Part[] {
  const parts = COURSE.map(({ title, lessons }) => ({
    title,
    of: lessons.flatMap((name) => exhibits.filter(({ recording }) => recording.scenario === name)),
  }));
  const placed = new Set(parts.flatMap(({ of }) => of));
  parts.push({ title: "Others", of: exhibits.filter((each) => !placed.has(each)) });
  return parts.filter(({ of }) => of.length > 0);
}

/** Where each recording's page is in the course. */
export function courseOf(exhibits: readonly Exhibit[]): Map<Exhibit, Course> {
  const all = arrange(exhibits).flatMap(({ of }) => of);
  const pages = all.map(({ name, recording }) => ({
    title: plain(recording.title, 80),
    file: `${name}.html`,
  }));
  return new Map(all.map((exhibit, place) => [exhibit, { index: INDEX, pages, place }]));
}

/** The page that leads to the pages of recordings, in the order of the course. */
export function renderGallery(exhibits: readonly Exhibit[]): string {
  return renderDocument({
    title: "stublab: lessons",
    styles: [BASE_STYLE, GALLERY_STYLE],
    scripts: [showProgress],
    body: html`<a class="skip" href="#lessons">Skip to the lessons</a>
<header>
<h1>How a ptrace stub comes to life, and what goes wrong</h1>
${renderOrigin(exhibits)}
</header>
<main id="lessons" tabindex="-1">
${arrange(exhibits).map(renderPart)}
</main>
<footer>
<p>After a lesson, do it yourself: <code>npx stublab lesson task</code> lists tasks for the lessons. You write registers or code, and the kernel
judges them.</p>
<p>Which bits of which registers does a system call need? Try <a href="${ENCODER.file}">the encoder</a>.</p>
</footer>`,
  });
}

/** What was recorded, where and with what. */
function renderOrigin(exhibits: readonly Exhibit[]): Html {
  const all = (tell: (recording: Recording) => string) =>
    listed(
      [...new Set(exhibits.map(({ recording }) => tell(recording)))].map((text) => shown(text, 80)),
    );
  if (exhibits.length === 0) return html`<p>There are no recordings here.</p>`;
  return html`<p class="lead">${counted(exhibits.length, "recording")} of real processes. Each is a lesson to be walked through step by step,
forwards and backwards, and asks what will happen before it does.</p>
<p class="soft">Recorded by stublab ${all(({ stublab }) => stublab)} on Linux
${all(({ machine }) => `${machine.kernel} (${machine.arch})`)}; registers written by
${all(({ encoder }) => encoder)}.</p>`;
}

function renderPart({ title, of }: Part): Html {
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
  const { scenario, title, introduction, steps, questions, end } = recording;
  const held = end.filter((fact) => fact.held).length;
  const [first] = introduction;
  const failed = html`<strong class="bad">${held} of ${counted(end.length, "fact")} held</strong>, `;
  return html`<li>${renderThumbnail(recording)}<div>
<h3><a href="${name}.html">${shown(title)}</a></h3>
${first === undefined ? NOTHING : html`<p class="first">${shown(first, PARAGRAPH)}</p>`}
<p class="soft">${held < end.length ? failed : NOTHING}${counted(steps.length, "step")}, ${counted(questions.length, "question")}<span data-lesson="${plain(scenario, 80)}"></span>.
<a href="${name}.json">The recording<span class="unseen"> of ${shown(name)}</span></a></p>
</div></li>
`;
}

/** Says what the reader has answered in each lesson, if the browser has kept it. */
function showProgress(): void {
  for (const place of document.querySelectorAll<HTMLElement>("[data-lesson]")) {
    try {
      const kept = localStorage.getItem(`stublab.reading/1:${place.dataset.lesson}`);
      const { right, questions } = JSON.parse(kept ?? "{}");
      if (right > 0 && questions > 0) place.textContent = `: ${right} right so far`;
    } catch {
      // Nothing can be kept here, or it is something else.
    }
  }
}
