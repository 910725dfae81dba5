import type { Recording } from "../../src/labs/record/recording.ts";
import type { Exhibit } from "../../src/labs/record/view/gallery.ts";
import { hostileRecording } from "./hostile_recording.ts";
import { LESSONS, recordingOf } from "./recordings.ts";

/** What a teacher has. */
export async function lessons(): Promise<Exhibit[]> {
  const exhibits: Exhibit[] = [];
  for (const name of LESSONS) exhibits.push({ name, recording: await recordingOf(name) });
  return exhibits;
}

/** What nobody should have: hostile strings, more lanes than a picture has room for, arrows to anywhere. */
export async function hostileExhibits(): Promise<Exhibit[]> {
  const hostile = hostileRecording(await recordingOf("grandchild"));
  const exhibits = [hostile, crowd(hostile), hostileRecording(await recordingOf("switch"))];
  return exhibits.map((recording, i) => ({ name: `recording-${i}`, recording }));
}

function crowd(recording: Recording): Recording {
  const [first] = recording.steps;
  if (first === undefined) throw new Error("the recording has no step");
  const lanes = Array.from({ length: 200 }, (_, i) => ({ id: `lane\n${i}`, role: "", pid: i }));
  const steps = Array.from({ length: 20_000 }, (_, i) => {
    const id = `lane\n${(i * i) % 200}`;
    return { ...first, lane: id, about: id, microseconds: i };
  });
  const arrows = Array.from({ length: 20_000 }, (_, i) => ({
    kind: "signal" as const,
    from: (i * 7) % 20_000,
    to: (i * 31) % 20_000,
    label: "</svg>",
  }));
  return { ...recording, lanes, steps, arrows, questions: [] };
}
