import { renderProtocolPage } from "../../src/cli/protocol/page.ts";
import { renderRegistersPage } from "../../src/cli/registers/page.ts";
import { renderBenchPage } from "../../src/labs/bench/page.ts";
import { renderComparePage } from "../../src/labs/compare/page.ts";
import { renderIndex } from "../../src/labs/record/page/index_page.ts";
import { renderRecordingPage } from "../../src/labs/record/page/page.ts";
import { wholeReport } from "./bench_reports.ts";
import * as compared from "./compare_reports.ts";
import { HOSTILE, hostileRecording } from "./hostile_recording.ts";
import { LESSONS, recordingOf } from "./recordings.ts";

/** One page of each kind that there is, and those of hostile strings, by name. */
export async function allPages(): Promise<Readonly<Record<string, string>>> {
  const host = await recordingOf("host");
  // To axe, a row without a name is a fault of the page.
  const named = HOSTILE.filter((text) => text.trim() !== "");
  const hostile = hostileRecording(host, named);
  const lessons = await Promise.all(LESSONS.map(recordingOf));
  const exhibits = lessons.map((recording) => ({ name: recording.scenario, recording }));
  const { COMMAND } = compared;
  return {
    recording: renderRecordingPage(host),
    cascade: renderRecordingPage(await recordingOf("cascade")),
    "recording-hostile": renderRecordingPage(hostile),
    index: renderIndex(exhibits),
    "index-hostile": renderIndex([{ name: "recording", recording: hostile }]),
    protocol: renderProtocolPage(),
    registers: renderRegistersPage(),
    agreement: renderComparePage(await compared.agreement(), COMMAND),
    disagreement: renderComparePage(await compared.disagreement(), COMMAND),
    "compare-hostile": renderComparePage(await compared.hostility(), compared.HOSTILE.join(" ")),
    bench: renderBenchPage(await wholeReport(), "stublab bench"),
    "bench-noisy": renderBenchPage(await wholeReport(["load average 9.0"]), "stublab <a&b>"),
  };
}
