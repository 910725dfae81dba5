// The script of the page.

import { hold } from "../registers/node.ts";

void begin();

async function begin(): Promise<void> {
  try {
    await hold(document.getElementById("files")?.textContent ?? "{}");
    // What it imports reads these files.
    const app = await import("./app.ts");
    app.start();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    document.getElementById("failure")?.replaceChildren(`This cannot be shown here: ${why}`);
  }
  performance.mark("interactive");
}
