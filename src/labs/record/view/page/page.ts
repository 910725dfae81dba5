import { readFileSync } from "node:fs";
import { openAssemblyEncoder } from "../../../../core/encoder/assembly.ts";
import { REBUILD, UnsupportedError } from "../../../../lib/errors.ts";
import { renderDocument } from "../../../../lib/page/document.ts";
import { html, plain } from "../../../../lib/page/html.ts";
import { embedJson } from "../../../../lib/page/json.ts";
import { BASE_STYLE } from "../../../../lib/page/style.ts";
import { archOf } from "../../arch.ts";
import { expectRecording } from "../../load.ts";
import type { Recording } from "../../recording.ts";
import { renderEnd, renderHeader } from "./about.ts";
import { usedConstants } from "./constants.ts";
import type { Course, PageData, TaskLink } from "./data.ts";
import { keep } from "./kept.ts";
import { renderLesson } from "./lesson.ts";
import { renderSteps } from "./steps.ts";
import { RECORDING_STYLE } from "./style.ts";

/** What a page of a recording has beyond the recording. */
export interface PageOptions {
  /** The pages before and after it, if it belongs to a course. */
  readonly course?: Course;
  /** What a reader can do after it. Default: nothing. */
  readonly tasks?: readonly TaskLink[];
}

/**
 * A recording as one HTML file of less than 1.5 MB, which asks for nothing else. Its script steps through it; without
 * a script it is a table. What it leaves out, it counts.
 */
export function renderRecordingPage(recording: Recording, options: PageOptions = {}): string {
  expectRecording(recording);
  const { course = null, tasks = [] } = options;
  const { constants } = openAssemblyEncoder(recording.machine.arch);
  const kept = keep(recording, constants);
  const data: PageData = {
    recording: kept.recording,
    constants: usedConstants(constants),
    facts: recording.end.length,
    index: course?.index ?? null,
    next: course?.pages[course.place + 1] ?? null,
    tasks,
  };
  return renderDocument({
    title: `stublab: ${plain(recording.title, 120)}`,
    styles: [BASE_STYLE, RECORDING_STYLE],
    scripts: [],
    bundle: readBundle("recording_page.js"),
    body: html`<a class="skip" href="#content">Skip to the steps</a>
${renderHeader(recording, course)}
<main id="content" tabindex="-1">
<div id="app"></div>
${renderEnd(recording, renderLesson(recording.scenario, pagesOf(course), archOf(recording).LESSON_NOTE))}
${renderSteps(kept.rows, kept.left)}
</main>
${embedJson("data", data)}`,
  });
}

/** The names of the lessons that have a page beside this one. */
function pagesOf(course: Course | null): ReadonlySet<string> {
  return new Set(course?.pages.map(({ file }) => file.replace(/\.html$/, "")));
}

/** What the browser runs: src/labs/record/view/page/, which the build has bundled to lie beside this program. */
export function readBundle(name: string): string {
  try {
    return readFileSync(new URL(name, import.meta.url), "utf8");
  } catch (cause) {
    throw new UnsupportedError("the script of a page is missing", { cause, remedy: REBUILD });
  }
}
