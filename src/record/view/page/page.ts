import { readFileSync } from "node:fs";
import { openAssemblyEncoder, readAssemblyModule } from "../../../encoder/assembly.ts";
import { constantsOf } from "../../../encoder/names.ts";
import { REBUILD, UnsupportedError } from "../../../errors.ts";
import { renderDocument } from "../../../page/document.ts";
import { html, plain } from "../../../page/html.ts";
import { embedJson } from "../../../page/json.ts";
import { BASE_STYLE } from "../../../page/style.ts";
import { watchScrolling } from "../../../page/table.ts";
import { expectRecording } from "../../load.ts";
import type { Recording } from "../../recording.ts";
import { renderEnd, renderHeader } from "./about.ts";
import type { PageData } from "./data.ts";
import { renderEncoder } from "./encoder.ts";
import { keep } from "./kept.ts";
import { renderPicture } from "./picture.ts";
import { renderPlayer } from "./player.ts";
import { renderSteps } from "./steps.ts";
import { RECORDING_STYLE } from "./style.ts";

/**
 * A recording as one HTML file of less than 1.5 MB, which asks for nothing else. Its script steps through it, and
 * runs the encoder; without, it is a table. What it leaves out, it counts.
 */
export function renderRecordingPage(recording: Recording): string {
  expectRecording(recording);
  const signals = new Map(constantsOf("signal", openAssemblyEncoder("amd64").constants));
  const kept = keep(recording, signals);
  const data: PageData = {
    recording: kept.recording,
    signals: Object.fromEntries([...signals].map(([name, value]) => [name, Number(value)])),
    module: readAssemblyModule("amd64").toString("base64"),
  };
  return renderDocument({
    title: `stublab: ${plain(recording.title, 120)}`,
    styles: [BASE_STYLE, RECORDING_STYLE],
    scripts: [watchScrolling],
    bundle: readBundle(),
    wasm: true,
    body: html`<a class="skip" href="#steps">Skip to the table of all steps</a>
${renderHeader(recording)}
<main id="content" tabindex="-1">
${renderPicture(kept)}
${renderPlayer(kept)}
${renderEncoder()}
${renderEnd(recording)}
${renderSteps(kept)}
</main>
${embedJson("data", data)}`,
  });
}

/** What the browser runs: src/record/view/page/client/, which the build has bundled to lie beside this program. */
function readBundle(): string {
  try {
    return readFileSync(new URL("recording_page.js", import.meta.url), "utf8");
  } catch (cause) {
    throw new UnsupportedError("the script of the page of a recording is missing", {
      cause,
      remedy: REBUILD,
    });
  }
}
