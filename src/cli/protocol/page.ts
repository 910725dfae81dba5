import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { STAGE_STYLE } from "../../labs/record/stage/style.ts";
import { beside } from "../../lib/beside.ts";
import { renderDocument } from "../../lib/page/document.ts";
import { Html, html } from "../../lib/page/html.ts";
import { embedJson } from "../../lib/page/json.ts";
import { BASE_STYLE } from "../../lib/page/style.ts";
import { PROTOCOL_STYLE } from "./style.ts";

/** The module that the model of tasks is. */
const MODULE = "tasks.wasm";

/**
 * A page of less than 300 kB that asks for nothing else: one chooses the precautions of a birth, and the model of tasks
 * follows every order of its steps. It belongs beside the index of lessons.
 */
export function renderProtocolPage(): string {
  const packed = gzipSync(readFileSync(beside(MODULE)), { level: 9 }).toString("base64");
  const template = readFileSync(beside("protocol_page.html"), "utf8");
  return renderDocument({
    title: "stublab: who runs next?",
    styles: [BASE_STYLE, STAGE_STYLE, PROTOCOL_STYLE],
    scripts: [],
    bundle: readFileSync(beside("protocol_page.js"), "utf8"),
    wasm: true,
    about: {
      description:
        "Leave out a precaution of a stub's birth, and see in which order of steps it breaks.",
    },
    body: html`<a class="skip" href="#content">Skip to the schedule</a>
${new Html(template)}${embedJson("files", { [MODULE]: packed })}`,
  });
}
