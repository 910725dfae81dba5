// The script of the page. The fragment of its address selects an architecture; another fragment is another page.

import { HOST_ARCH } from "../../core/machine/index.ts";
import { hold } from "./node.ts";

const place = new URLSearchParams(location.hash.slice(1));
void begin();
addEventListener("hashchange", () => location.reload());

async function begin(): Promise<void> {
  try {
    await hold(document.getElementById(`files-${HOST_ARCH}`)?.textContent ?? "{}");
    // What it imports reads these files.
    const app = await import("./app.ts");
    app.start(place);
    document.getElementById(`to-${HOST_ARCH}`)?.setAttribute("aria-current", "true");
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    document.getElementById("failure")?.replaceChildren(`This cannot be shown here: ${why}`);
  }
  performance.mark("interactive");
}
