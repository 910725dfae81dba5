import { readAssemblyModule } from "../../../../core/encoder/assembly.ts";
import { renderDocument } from "../../../../lib/page/document.ts";
import { html, NOTHING } from "../../../../lib/page/html.ts";
import { embedJson } from "../../../../lib/page/json.ts";
import { BASE_STYLE } from "../../../../lib/page/style.ts";
import { renderCourse } from "../../page/about.ts";
import { readBundle } from "../../page/bundle.ts";
import type { CoursePage } from "../../page/data.ts";
import { ENCODER_STYLE } from "./encoder_style.ts";

/** A page with the encoder's module: one chooses a call, and sees which registers it writes. */
export function renderEncoderPage(index?: CoursePage): string {
  const nav = index === undefined ? NOTHING : renderCourse({ index, pages: [], place: 0 });
  return renderDocument({
    title: "stublab: the encoder",
    styles: [BASE_STYLE, ENCODER_STYLE],
    scripts: [],
    bundle: readBundle("encoder_page.js"),
    wasm: true,
    body: html`<a class="skip" href="#content">Skip to the form</a>
<header>${nav}
<h1>The encoder</h1>
<p class="lead">The WebAssembly module with which stublab writes registers runs in this page. Choose a call, and see which registers it writes, and which bits. Nothing is executed. With <code>clone</code> and <code>wait4</code> come their flags.</p>
</header>
<main id="content" tabindex="-1"><div id="app"><p>This page needs JavaScript and WebAssembly.</p></div></main>
${embedJson("module", { bytes: readAssemblyModule("amd64").toString("base64") })}`,
  });
}
