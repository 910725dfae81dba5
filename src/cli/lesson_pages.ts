import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { LESSONS, refusalOf } from "../labs/record/course.ts";
import { renderJson } from "../labs/record/load.ts";
import {
  courseOf,
  type Exhibit,
  INDEX,
  PROTOCOL,
  REGISTERS,
  renderIndex,
} from "../labs/record/page/index_page.ts";
import { renderRecordingPage } from "../labs/record/page/page.ts";
import { renderPreview } from "../labs/record/page/picture.ts";
import type { Recording } from "../labs/record/recording.ts";
import { tasksOf } from "../labs/record/tasks/tasks.ts";
import { UnsupportedError } from "../lib/errors.ts";
import { counted } from "../lib/page/figures.ts";
import { visible } from "../lib/visible.ts";
import { finishing } from "./interruption.ts";
import { recordingOf, recordWatched, reportFailures } from "./lesson_recording.ts";
import { writeOutputs } from "./output_file.ts";
import { Progress } from "./progress.ts";
import { renderProtocolPage } from "./protocol/page.ts";
import { renderRegistersPage } from "./registers/page.ts";
import { talk } from "./report.ts";

/**
 * Writes the pages of recordings and their index into a folder.
 *
 * @param names lessons and files; none: every lesson
 * @returns the exit status
 */
export async function writePages(
  folder: string,
  names: readonly string[],
  encoder?: string,
): Promise<number> {
  const recordings: Recording[] = [];
  for (const name of names) recordings.push(await recordingOf(name, encoder));
  if (names.length === 0) recordings.push(...(await finishing((end) => recordAll(end, encoder))));
  const exhibits = nameAll(recordings);
  const pages = [...courseOf(exhibits)].flatMap(([{ name, recording }, course]) => {
    // First, as it refuses what could not be read again.
    const document = renderJson(recording);
    const page = renderRecordingPage(recording, { course, tasks: tasksOf(recording) });
    const files = { json: document, svg: renderPreview(recording), html: page };
    return Object.entries(files).map(([ending, text]) => [`${name}.${ending}`, text] as const);
  });
  await writeOutputs(folder, [
    ...pages,
    [REGISTERS.file, renderRegistersPage()],
    [PROTOCOL.file, renderProtocolPage()],
    // Last, so that it never links to a missing page.
    [INDEX.file, renderIndex(exhibits)],
  ]);
  talk(`${counted(exhibits.length, "recording")} in ${visible(join(folder, INDEX.file))}\n`);
  return Math.max(...exhibits.map(({ name, recording }) => reportFailures(recording, `${name}: `)));
}

async function recordAll(interrupted: AbortSignal, encoder?: string): Promise<Recording[]> {
  const names = LESSONS.filter((name) => refusalOf(name) === undefined);
  const progress = new Progress();
  const recordings: Recording[] = [];
  try {
    for (const [i, name] of names.entries()) {
      progress.show(i / names.length, `page ${i + 1} of ${names.length}: ${name}`);
      try {
        recordings.push(await recordWatched(name, encoder));
      } catch (error) {
        // An old kernel, or a container, may lack what one of them needs.
        const isLast = name === names.at(-1) && recordings.length === 0;
        if (isLast || !(error instanceof UnsupportedError)) throw error;
        progress.clear();
        talk(`${visible(`${name} is left out: ${error.message}`)}\n`);
      }
      // A turn of the event loop, in which signals are delivered.
      await setImmediate();
      if (interrupted.aborted) break;
    }
  } finally {
    progress.clear();
  }
  return recordings;
}

/** Gives each recording a unique file name: that of its lesson, if it can be one, but none of the index's own. */
function nameAll(recordings: readonly Recording[]): Exhibit[] {
  const taken = new Set([INDEX, PROTOCOL, REGISTERS].map(({ file }) => file.replace(".html", "")));
  return recordings.map((recording) => {
    const { scenario } = recording;
    const stem = /^[a-z][a-z0-9-]{0,40}$/.test(scenario) ? scenario : "recording";
    let name = stem;
    for (let i = 2; taken.has(name); i++) name = `${stem}-${i}`;
    taken.add(name);
    return { name, recording };
  });
}
