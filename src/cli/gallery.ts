import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { counted } from "../page/figures.ts";
import type { Recording } from "../record/recording.ts";
import { SCENARIOS } from "../record/scenarios.ts";
import { type Exhibit, renderGallery } from "../record/view/gallery.ts";
import { renderJson } from "../record/view/json.ts";
import { renderRecordingPage } from "../record/view/page/page.ts";
import { visible } from "../visible.ts";
import { type Command, parseCommand, UsageError } from "./command.ts";
import { ENCODER_HELP } from "./encoder.ts";
import { failures } from "./failures.ts";
import { finishing } from "./interruption.ts";
import { writeOutputs } from "./output_file.ts";
import { Progress } from "./progress.ts";
import { readRecording } from "./recording_file.ts";
import { talk } from "./report.ts";

const help = `usage: stublab gallery DIR [FILE…] [options]

Makes web pages of recordings, to be handed out or put on any server: DIR/index.html with all of them, and of each
its page and the recording itself, NAME.html and NAME.json. Each page is one file that needs nothing else.

Without FILEs every scenario is recorded, which takes some seconds; with them, nothing runs. DIR is made where it
is not there; what else is in it stays as it is.

  --encoder E   of what is recorded: ${ENCODER_HELP}

Exit status: 0 where every scenario ended as it must, 1 where one did not; the pages are written all the same.

examples:
  stublab gallery lessons
  stublab gallery lessons host.json grandchild.json
`;

const INDEX = "index.html";

const OPTIONS = { encoder: { type: "string" } } as const;

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseCommand(args, OPTIONS);
  const [folder, ...files] = positionals;
  if (folder === undefined || folder === "") {
    throw new UsageError("gallery takes the folder that the pages go to");
  }
  if (files.length > 0 && values.encoder !== undefined) {
    throw new UsageError("--encoder is for what is recorded, and FILEs are recorded already");
  }
  const recordings = files.length > 0 ? files.map(readRecording) : await recordAll(values.encoder);
  const exhibits = nameAll(recordings);
  await writeOutputs(folder, [
    ...exhibits.flatMap(({ name, recording }) => [
      [`${name}.json`, renderJson(recording)] as const,
      [`${name}.html`, renderRecordingPage(recording)] as const,
    ]),
    // Last, so that it leads to nothing that is not there.
    [INDEX, renderGallery(exhibits)],
  ]);
  talk(`${counted(exhibits.length, "recording")} in ${visible(join(folder, INDEX))}\n`);
  const lines = exhibits.flatMap(({ name, recording }) =>
    failures(recording).map((line) => `${name}: ${line}`),
  );
  talk(lines.join(""));
  return lines.length === 0 ? 0 : 1;
}

function recordAll(encoder = "assembly"): Promise<Recording[]> {
  return finishing((interrupted) => recordEach(encoder, interrupted));
}

async function recordEach(encoder: string, interrupted: AbortSignal): Promise<Recording[]> {
  // Only here: what was recorded elsewhere is shown where nothing can be traced.
  const { recordFor } = await import("./scenario.ts");
  const names = Object.keys(SCENARIOS);
  const progress = new Progress();
  const recordings: Recording[] = [];
  try {
    for (const [i, name] of names.entries()) {
      progress.show(i / names.length, name);
      recordings.push(await recordFor(name, encoder));
      // A turn of the event loop, in which a signal is heard.
      await setImmediate();
      if (interrupted.aborted) break;
    }
  } finally {
    progress.clear();
  }
  return recordings;
}

/** A name for the files of each: its scenario's, where that can be one; never another's, and never the index's. */
function nameAll(recordings: readonly Recording[]): Exhibit[] {
  const taken = new Set(["index"]);
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
