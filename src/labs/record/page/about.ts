import { counted } from "../../../lib/page/figures.ts";
import { Html, html, join, NOTHING, plain, shown } from "../../../lib/page/html.ts";
import { tellDiscarded, tellFact } from "../fact.ts";
import { lessonText } from "../lesson_text.ts";
import type { Recording } from "../recording.ts";
import type { Course, CoursePage } from "./data.ts";

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
