import { readFileSync } from "node:fs";
import { openAssemblyEncoder } from "../../../core/encoder/assembly.ts";
import { InputError, REBUILD, UnsupportedError } from "../../../lib/errors.ts";
import { renderDocument } from "../../../lib/page/document.ts";
import { count } from "../../../lib/page/figures.ts";
import { html, plain } from "../../../lib/page/html.ts";
import { embedJson } from "../../../lib/page/json.ts";
import { BASE_STYLE } from "../../../lib/page/style.ts";
import { glossary } from "../lesson_text.ts";
import { expectRecording } from "../load.ts";
import type { Recording, Step } from "../recording.ts";
import { STAGE_STYLE } from "../stage/style.ts";
import { renderCourse, renderEnd, renderIntroduction } from "./about.ts";
import type { Course, PageData, TaskLink } from "./data.ts";
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
