import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { ARCHES, type Arch } from "../../core/machine/index.ts";
import { beside } from "../../lib/beside.ts";
import { renderDocument } from "../../lib/page/document.ts";
import { Html, html } from "../../lib/page/html.ts";
import { embedJson } from "../../lib/page/json.ts";
import { BASE_STYLE } from "../../lib/page/style.ts";
import { REGISTERS_STYLE } from "./style.ts";

/** The files of the package that the model reads (./node.ts). */
const FILES: Readonly<Record<Arch, readonly string[]>> = {
  amd64: ["encoder.wasm", "fuzz.wasm", "rules.json"],
  arm64: ["encoder-arm64.wasm", "fuzz-arm64.wasm", "rules-arm64.json"],
};

/**
 * A page of less than 225 kB that asks for nothing else: one chooses registers, and the fuzz lab's model predicts what the
 * kernel does with them. It belongs beside the index of lessons.
 */
export function renderRegistersPage(): string {
  const packed = (name: string) =>
    gzipSync(readFileSync(beside(name)), { level: 9 }).toString("base64");
  const template = readFileSync(beside("registers_page.html"), "utf8");
  const files = ARCHES.map((arch) =>
    embedJson(`files-${arch}`, Object.fromEntries(FILES[arch].map((name) => [name, packed(name)]))),
  );
  return renderDocument({
    title: "stublab: what will the kernel do?",
    styles: [BASE_STYLE, REGISTERS_STYLE],
    scripts: [],
    bundle: readFileSync(beside("registers_page.js"), "utf8"),
    wasm: true,
    about: {
      description:
        "Choose the registers of a traced process, guess, and ask a model of the kernel.",
    },
    body: html`<a class="skip" href="#content">Skip to the case</a>
${new Html(template)}${files}`,
  });
}
