import { readFileSync } from "node:fs";
import { openAssemblyEncoder } from "../../../core/encoder/assembly.ts";
import { InputError, REBUILD, UnsupportedError } from "../../../lib/errors.ts";
import { renderDocument } from "../../../lib/page/document.ts";
import { count, counted } from "../../../lib/page/figures.ts";
import { Html, html, join, NOTHING, plain, shown } from "../../../lib/page/html.ts";
import { embedJson } from "../../../lib/page/json.ts";
import { BASE_STYLE } from "../../../lib/page/style.ts";
import { tellDiscarded, tellFact } from "../fact.ts";
import { glossary, lessonText } from "../lesson_text.ts";
import { expectRecording } from "../load.ts";
import type { Recording, Step } from "../recording.ts";
import { STAGE_STYLE } from "../stage/style.ts";
import type { Course, CoursePage, PageData, TaskLink } from "./data.ts";
import { PAGE_STYLE } from "./style.ts";

/** The most bytes that a page may have: browsers show larger ones with delay. */
const LARGEST = 4_000_000;

/** What a page of a recording has beyond the recording. */
export interface PageOptions {
  /** The pages before and after it, if it belongs to a course. */
  readonly course?: Course;
  /** What a reader can do after it. Default: nothing. */
  readonly tasks?: readonly TaskLink[];
}

/**
 * A recording as one HTML file that loads nothing else. Its script walks through it; `?slides` and `?sheet` show it for
 * a projector and for paper.
 *
 * @throws InputError if the page would have more than 4 MB
 */
export function renderRecordingPage(recording: Recording, options: PageOptions = {}): string {
  expectRecording(recording);
  const { course = null, tasks = [] } = options;
  const { constants } = openAssemblyEncoder(recording.machine.arch);
  const own = course?.pages[course.place];
  const steps = recording.steps.map(withChanges);
  const data: PageData = {
    recording: { ...recording, observed: [], discarded: [], end: [], steps },
    constants: usedConstants(constants),
    index: course?.index ?? null,
    next: course?.pages[course.place + 1] ?? null,
    tasks,
    terms: glossary(recording.machine.arch),
  };
  const page = renderDocument({
    title: `${plain(recording.title, 120)} · stublab`,
    about: {
      description: plain(recording.introduction[0] ?? recording.title, 200),
      preview: own?.file.replace(".html", ".svg"),
    },
    styles: [BASE_STYLE, STAGE_STYLE, PAGE_STYLE],
    scripts: [],
    bundle: readScript(),
    body: html`<a class="skip" href="#content">Skip to the lesson</a>
<header>${course === null ? [] : renderCourse(course)}<h1>${plain(recording.title)}</h1></header>
<main id="content" tabindex="-1">
<div id="app">${renderIntroduction(recording)}</div>
${renderEnd(recording)}
</main>
${embedJson("data", data)}`,
  });
  const bytes = Buffer.byteLength(page);
  if (bytes <= LARGEST) return page;
  throw new InputError(
    `the recording is too large for a page: ${count(bytes)} bytes, the limit is ${count(LARGEST)}`,
    { remedy: "show it as text, or in a terminal" },
  );
}

/** What the build has bundled, to lie beside this program. */
function readScript(): string {
  try {
    return readFileSync(new URL("recording_page.js", import.meta.url), "utf8");
  } catch (cause) {
    throw new UnsupportedError("the script of a page is missing", { cause, remedy: REBUILD });
  }
}

/** Of the registers before a step, those that it changes are enough. */
function withChanges(step: Step): Step {
  if (step.registers === null) return step;
  const { before, after } = step.registers;
  const changed = Object.entries(before).filter(([name, word]) => after[name] !== word);
  return { ...step, registers: { before: Object.fromEntries(changed), after } };
}

/** The constants whose names recordings use: calls.ts and annotate.ts look up no others. */
const USED =
  /^(SYS_[a-z]|SIG(?!INFO_)|CLONE_(?!ARGS|3)|E[A-Z0-9]+$|W[A-Z]+$|__W[A-Z]+$|PR_|PROT_|MAP_|PTRACE_O_)/;

/** The encoder's constants that a page needs, by their names. */
export function usedConstants(constants: ReadonlyMap<string, bigint>): Record<string, number> {
  const used = [...constants].filter(([name]) => USED.test(name));
  return Object.fromEntries(used.map(([name, value]) => [name, Number(value)]));
}

// The parts of a page that need no script.

/** A text in which backticks are around code. */
function inline(text: string): Html {
  const parts = shown(text, 4000).markup.split(/`([^`]+)`/);
  return join(parts.map((part, i) => new Html(i % 2 === 1 ? `<code>${part}</code>` : part)));
}

const paragraphs = (texts: readonly string[]) => texts.map((text) => html`<p>${inline(text)}</p>`);

/** Links to the pages around one, and to all. */
export function renderCourse({ index, pages, place }: Course): Html {
  const link = (page: CoursePage | undefined, rel: string, before: string, after = "") =>
    page === undefined
      ? NOTHING
      : html`<a rel="${rel}" href="${page.file}">${before}<span>${plain(page.title, 80)}</span>${after}</a>`;
  return html`<nav class="course" aria-label="Lessons">${link(pages[place - 1], "prev", "← ")}${link(index, "index", "≡ ")}${link(pages[place + 1], "next", "", " →")}</nav>`;
}

const KEYS = {
  "← →": "the event before, and the next",
  ", .": "the step before, and the next: each instruction and each request",
  "Home End": "the introduction, and the end or the next question",
  "1 2 3, or ↑ ↓ Enter": "answer a question",
  "s a": "show the answer; ask again",
  x: "straight to the deed of the lesson, and its question",
};

/** What stands in the place of the stage without a script. */
export function renderIntroduction({ scenario, introduction }: Recording): Html {
  return html`<div class="prose">${paragraphs(introduction)}
<p><strong>This page walks through the lesson with a script, and your browser does not run scripts here.</strong>
Allow them (the page loads nothing else), or walk through it in a terminal: <code>npx stublab lesson ${plain(scenario, 60)}</code>.</p></div>`;
}

/** What must be true in the end, and what the kernel said; what to try; and how it was recorded. */
export function renderEnd(recording: Recording): Html {
  const { end, observed, stublab, machine, encoder, scenario } = recording;
  const trials = lessonText(scenario, machine.arch)?.try ?? [];
  const wrong = end.filter(({ held }) => !held).length;
  return html`<div id="ending" class="prose"><h2 id="end">The end</h2>
<p>${wrong === 0 ? html`<span class="good">=</span> It ended as it must` : html`<b class="bad">≠ It did not end as it must</b>: ${wrong} did not hold`}; ${counted(end.length, "fact")} checked.</p>
${paragraphs(tellDiscarded(recording))}
<ul class="ends">${end.map((fact) => html`<li class="${fact.held ? "" : "bad"}">${shown(tellFact(fact), 600)}</li>`)}</ul>
${trials.length === 0 ? NOTHING : html`<h2>Try it</h2><ul>${trials.map((trial) => html`<li>${inline(trial)}</li>`)}</ul>`}</div>
<section class="prose"><h2>How it was recorded</h2>
<p>By stublab ${shown(stublab, 40)}, on Linux ${shown(machine.kernel, 80)} (${machine.arch}). The encoder ${shown(encoder, 60)} wrote the registers.</p>
${observed.length === 0 ? NOTHING : html`<details><summary>What the observer changed</summary>${paragraphs(observed)}</details>`}
<h2 id="keys">Keys</h2><dl class="facts">${Object.entries(KEYS).map(([keys, what]) => html`<dt><kbd>${keys}</kbd></dt><dd>${what}</dd>`)}</dl>
<p>For a projector: <a href="?slides">slides</a>. For paper: <a href="?sheet">a work sheet</a>, also <a href="?sheet&amp;answers">with answers</a>.</p></section>`;
}
