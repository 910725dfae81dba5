// The script of the encoder's page. The build bundles it, and the page holds the text.

import { render } from "preact";
import { bindModule, expectDriver } from "../../../../../core/encoder/module.ts";
import { EncoderApp } from "./app.tsx";
import { Bench } from "./bench.ts";

const root = document.getElementById("app");
if (root !== null) void serve(root);

async function serve(root: HTMLElement): Promise<void> {
  try {
    const base64: string = JSON.parse(document.getElementById("module")?.textContent ?? "{}").bytes;
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const { instance } = await WebAssembly.instantiate(bytes);
    const encoder = expectDriver(bindModule("assembly", instance.exports));
    root.replaceChildren();
    render(<EncoderApp bench={new Bench(encoder)} />, root);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    root.replaceChildren();
    render(<p class="bad">The module cannot run here: {why}</p>, root);
  }
  performance.mark("interactive");
}
