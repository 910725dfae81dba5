import { renderBenchPage } from "../../src/labs/bench/page.ts";
import { renderComparePage } from "../../src/labs/compare/page/page.ts";
import { renderGallery } from "../../src/labs/record/view/gallery.ts";
import { renderEncoderPage } from "../../src/labs/record/view/page/encoder_page.ts";
import { renderRecordingPage } from "../../src/labs/record/view/page/page.ts";
import { wholeReport } from "./bench_reports.ts";
import * as compared from "./compare_reports.ts";
import { hostileExhibits, lessons } from "./gallery_exhibits.ts";
import { HOSTILE, hostileRecording } from "./hostile_recording.ts";
import { recordingOf } from "./recordings.ts";

/** One page of each kind that there is, and those of hostile strings, by name. */
export async function allPages(): Promise<Readonly<Record<string, string>>> {
  const host = await recordingOf("host");
  // To axe, a row without a name is a fault of the page.
  const named = HOSTILE.filter((text) => text.trim() !== "");
  const hostile = hostileRecording(host, named);
  const { COMMAND } = compared;
  return {
    recording: renderRecordingPage(host),
    cascade: renderRecordingPage(await recordingOf("cascade")),
    "recording-hostile": renderRecordingPage(hostile),
    gallery: renderGallery(await lessons()),
    "gallery-hostile": renderGallery(await hostileExhibits()),
    encoder: renderEncoderPage(),
    agreement: renderComparePage(await compared.agreement(), COMMAND),
    disagreement: renderComparePage(await compared.disagreement(), COMMAND),
    "compare-hostile": renderComparePage(await compared.hostility(), compared.HOSTILE.join(" ")),
    bench: renderBenchPage(await wholeReport(), "stublab bench"),
    "bench-noisy": renderBenchPage(await wholeReport(["load average 9.0"]), "stublab <a&b>"),
  };
}
