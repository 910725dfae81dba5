import { renderDocument } from "../../../lib/page/document.ts";
import { counted } from "../../../lib/page/figures.ts";
import { type Html, html, NOTHING, plain, shown } from "../../../lib/page/html.ts";
import { BASE_STYLE } from "../../../lib/page/style.ts";
import { COURSE, summaryOf } from "../course.ts";
import type { Recording } from "../recording.ts";
import { STAGE_STYLE } from "../stage/style.ts";
import type { Course, CoursePage } from "./data.ts";
import { INDEX_STYLE } from "./index_style.ts";
import { renderPicture, renderThumbnails } from "./picture.ts";

/** A recording, and what its files beside the index are called: NAME.html, NAME.json and NAME.svg. */
export interface Exhibit {
  readonly name: string;
  readonly recording: Recording;
}

/** The file of the index, and those of the other pages beside it. */
export const INDEX: CoursePage = { title: "All lessons", file: "index.html" };
export const REGISTERS: CoursePage = { title: "Registers", file: "registers.html" };
export const PROTOCOL: CoursePage = { title: "Who runs next?", file: "protocol.html" };

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

const DESCRIPTION =
  "A course on ptrace and stub processes: recordings of real ones, to be walked through step by step.";

/** The lesson whose picture the index has. */
const HERO = "grandchild";

/** The page that leads to the pages of recordings, in the order of the course. */
export function renderIndex(exhibits: readonly Exhibit[]): string {
  const parts = arrange(exhibits);
  const [first] = parts.flatMap(({ of }) => of);
  const drawn = renderThumbnails(
    exhibits.map(({ recording }) => recording),
    360,
  );
  const pictures = new Map(exhibits.map((exhibit, i) => [exhibit, drawn[i] ?? NOTHING]));
  const hero = exhibits.find(({ recording }) => recording.scenario === HERO) ?? first;
  return renderDocument({
    title: "How a ptrace stub comes to life, and what goes wrong · stublab",
    styles: [BASE_STYLE, STAGE_STYLE, INDEX_STYLE],
    scripts: [showProgress, playWhenSeen],
    about: { description: DESCRIPTION, preview: first && `${first.name}.svg` },
    body: html`<a class="skip" href="#lessons">Skip to the lessons</a>
<header>
<h1>How a ptrace stub comes to life, and what goes wrong</h1>
<div><p class="lead"><b>ptrace</b> is the system call by which one process stops another, reads and writes its registers and
memory, and resumes it: debuggers are made of it. A <b>stub</b> is a process that does nothing by itself: a user-space
kernel such as gVisor runs its guests in stubs, and drives them by ptrace, register by register.</p>
${
  first === undefined
    ? html`<p>There are no recordings here.</p>`
    : html`<p class="start"><a id="start" href="${first.name}.html">Start with the first lesson</a>
<span class="soft">Each lesson is a recording of real processes: walk through it forwards and backwards. It asks what will happen
before it shows it.</span></p>`
}</div>
${hero === undefined ? NOTHING : html`<div class="hero">${renderPicture(hero.recording, 960)}${renderPicture(hero.recording, 360)}</div>`}
</header>
<main id="lessons" tabindex="-1">
${parts.map((part) => renderPart(part, pictures))}
<section class="more"><h2>Then do it yourself</h2>
<ul>
<li><a href="${REGISTERS.file}">Registers</a>: choose a call or words, guess, and ask the model what the kernel will do.</li>
<li><a href="${PROTOCOL.file}">${PROTOCOL.title}</a> Leave out a precaution of a birth, and see in which order of steps it breaks; or play the scheduler.</li>
<li>Tasks: <code>npx stublab lesson task</code> lists them. You write registers or code, and the kernel judges.</li>
</ul></section>
</main>`,
  });
}

type Pictures = ReadonlyMap<Exhibit, Html>;

function renderPart({ title, of }: Part, pictures: Pictures): Html {
  return html`<section>
<h2>${title}</h2>
<ol class="lessons">
${of.map((exhibit) => renderExhibit(exhibit, pictures))}</ol>
</section>
`;
}

function renderExhibit(exhibit: Exhibit, pictures: Pictures): Html {
  const { name, recording } = exhibit;
  const { scenario, title, introduction, questions, end } = recording;
  const held = end.filter((fact) => fact.held).length;
  const failed = html`<strong class="bad">${held} of ${counted(end.length, "fact")} held</strong>, `;
  return html`<li data-lesson="${plain(scenario, 80)}">
<div class="picture">${pictures.get(exhibit) ?? NOTHING}</div>
<h3><a href="${name}.html">${shown(title, 120)}</a></h3>
<p>${shown(summaryOf(scenario) || (introduction[0] ?? ""), 160)}</p>
<p class="soft">${held < end.length ? failed : NOTHING}<span class="score">${counted(questions.length, "question")}</span></p>
</li>
`;
}

/** Says what the reader has answered in each lesson, if the browser has kept it, and where to go on. */
function showProgress(): void {
  const lessons = [...document.querySelectorAll<HTMLElement>("[data-lesson]")];
  let hasBegun = false;
  const isDone = lessons.map((lesson) => {
    try {
      const kept = localStorage.getItem(`stublab.reading/1:${lesson.dataset.lesson}`);
      const { right, answered, questions } = JSON.parse(kept ?? "{}");
      if (!(answered > 0)) return false;
      hasBegun = true;
      const score = lesson.querySelector(".score");
      if (score !== null) score.textContent = `${right} of ${questions} right`;
      lesson.classList.toggle("done", answered >= questions);
      return answered >= questions;
    } catch {
      // Nothing can be kept here, or it is something else.
      return false;
    }
  });
  const next = lessons[isDone.indexOf(false)]?.querySelector("a");
  const start = document.querySelector<HTMLAnchorElement>("#start");
  if (next == null || start === null || !hasBegun) return;
  start.href = next.href;
  start.textContent = `Go on: ${next.textContent}`;
}

/** What moves in the drawing of the page does so, again and again, as long as it is seen. */
function playWhenSeen(): void {
  const hero = document.querySelector(".hero");
  if (hero === null) return;
  new IntersectionObserver(([entry]) => {
    hero.classList.toggle("seen", entry?.isIntersecting);
  }).observe(hero);
}
