import { readFileSync } from "node:fs";
import { readAssemblyModule } from "../../encoder/assembly.ts";
import { constantsOf } from "../../encoder/names.ts";
import { openEncoder } from "../../encoder/open.ts";
import { REBUILD, UnsupportedError } from "../../errors.ts";
import { renderDocument } from "../../page/document.ts";
import { html, plain } from "../../page/html.ts";
import { embedJson } from "../../page/json.ts";
import { BASE_STYLE } from "../../page/style.ts";
import { watchScrolling } from "../../page/table.ts";
import type { Recording } from "../recording.ts";
import { renderEnd, renderHeader } from "./page_about.ts";
import type { PageData } from "./page_data.ts";
import { renderEncoder } from "./page_encoder.ts";
import { keep } from "./page_kept.ts";
import { renderPicture } from "./page_picture.ts";
import { renderPlayer } from "./page_player.ts";
import { renderSteps } from "./page_steps.ts";
import { RECORDING_STYLE } from "./page_style.ts";

/**
 * A recording as one HTML file of less than 1.5 MB, which asks for nothing else. Its script steps through it, and
 * runs the encoder; without, it is a table. What it leaves out, it counts.
 */
export function renderRecordingPage(recording: Recording): string {
  const signals = new Map(constantsOf("signal", openEncoder("assembly").constants));
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

/** What the browser runs: src/record/view/client/, which the build has bundled to lie beside this program. */
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
