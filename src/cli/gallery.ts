import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { renderJson } from "../labs/record/load.ts";
import type { Recording } from "../labs/record/recording.ts";
import { refusalOf, SCENARIOS } from "../labs/record/scenarios.ts";
import { tasksOf } from "../labs/record/tasks/tasks.ts";
import {
  courseOf,
  ENCODER,
  type Exhibit,
  INDEX,
  renderGallery,
} from "../labs/record/view/gallery.ts";
import { renderEncoderPage } from "../labs/record/view/page/encoder_page.ts";
import { renderRecordingPage } from "../labs/record/view/page/page.ts";
import { counted } from "../lib/page/figures.ts";
import { visible } from "../lib/visible.ts";
import { type Command, parseCommand, UsageError } from "./command.ts";
import { ENCODER_HELP } from "./encoder.ts";
import { reportFailures } from "./failures.ts";
import { finishing } from "./interruption.ts";
import { writeOutputs } from "./output_file.ts";
import { Progress } from "./progress.ts";
import { readRecording } from "./recording_file.ts";
import { talk } from "./report.ts";

const help = `usage: stublab gallery DIR [FILE…] [options]

Writes web pages of recordings: an index, DIR/index.html, and for each recording a page, NAME.html, and the recording
itself, NAME.json. DIR/encoder.html shows which registers the encoder writes. Each page is one self-contained file,
which a browser opens without a server, and which can be sent to others or put on any web server.

Without FILEs every scenario is recorded, which takes some seconds. With FILEs nothing is run. DIR is created if it
does not exist; other files in it are not changed.

  --encoder E   for the scenarios: ${ENCODER_HELP}

Exit status: 0 if all facts of every scenario held, 1 if one did not. The pages are written in both cases.

examples:
  stublab gallery lessons
  stublab gallery lessons host.json grandchild.json
`;

const OPTIONS = { encoder: { type: "string" } } as const;

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseCommand(args, OPTIONS);
  const [folder, ...files] = positionals;
  if (folder === undefined || folder === "") {
    throw new UsageError("gallery needs an output folder");
  }
  if (files.length > 0 && values.encoder !== undefined) {
    throw new UsageError("--encoder and FILEs exclude each other: FILEs are already recorded");
  }
  const recordings = files.length > 0 ? files.map(readRecording) : await recordAll(values.encoder);
  const exhibits = nameAll(recordings);
  await writeOutputs(folder, [
    ...[...courseOf(exhibits)].flatMap(([{ name, recording }, course]) => [
      [`${name}.json`, renderJson(recording)] as const,
      [
        `${name}.html`,
        renderRecordingPage(recording, { course, tasks: tasksOf(recording) }),
      ] as const,
    ]),
    [ENCODER.file, renderEncoderPage(INDEX)],
    // Last, so that it never links to a missing page.
    [INDEX.file, renderGallery(exhibits)],
  ]);
  talk(`${counted(exhibits.length, "recording")} in ${visible(join(folder, INDEX.file))}\n`);
  return exhibits.reduce((status, { name, recording }) => {
    return Math.max(status, reportFailures(recording, `${name}: `));
  }, 0);
}

function recordAll(encoder = "assembly"): Promise<Recording[]> {
  return finishing((interrupted) => recordEach(encoder, interrupted));
}

async function recordEach(encoder: string, interrupted: AbortSignal): Promise<Recording[]> {
  // Loaded on demand: recordings can be shown on machines where nothing can be traced.
  const { recordWatched } = await import("./scenario.ts");
  const names = Object.keys(SCENARIOS).filter((name) => refusalOf(name) === undefined);
  const progress = new Progress();
  const recordings: Recording[] = [];
  try {
    for (const [i, name] of names.entries()) {
      progress.show(i / names.length, name);
      recordings.push(await recordWatched(name, encoder));
      // A turn of the event loop, in which signals are delivered.
      await setImmediate();
      if (interrupted.aborted) break;
    }
  } finally {
    progress.clear();
  }
  return recordings;
}

/** Gives each recording a unique file name: that of its scenario, if it can be one, but none of the gallery's own. */
function nameAll(recordings: readonly Recording[]): Exhibit[] {
  const taken = new Set([INDEX, ENCODER].map(({ file }) => file.replace(".html", "")));
  return recordings.map((recording) => {
    const { scenario } = recording;
    const stem = /^[a-z][a-z0-9-]{0,40}$/.test(scenario) ? scenario : "recording";
    let name = stem;
    for (let i = 2; taken.has(name); i++) name = `${stem}-${i}`;
    taken.add(name);
    return { name, recording };
  });
}

export const galleryCommand: Command = { help, run };
