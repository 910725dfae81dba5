// The script of a recording's page. The build bundles it, and the page holds the text.

import { render } from "preact";
import { App } from "./app.tsx";
import { Sheet, Slides } from "./slides.tsx";

const root = document.getElementById("app");
const asked = new URLSearchParams(location.search);
const mode = asked.has("sheet") ? "sheet" : asked.has("slides") ? "slides" : "walk";
if (root !== null) {
  document.documentElement.classList.add(mode);
  root.replaceChildren();
  render(
    mode === "sheet" ? (
      <Sheet answers={asked.has("answers")} />
    ) : mode === "slides" ? (
      <Slides />
    ) : (
      <App />
    ),
    root,
  );
  performance.mark("interactive");
  if (mode === "walk") {
    const paper = document.body.appendChild(document.createElement("div"));
    paper.id = "paper";
    // On paper the lesson is its work sheet.
    addEventListener("beforeprint", () => render(<Sheet />, paper));
    addEventListener("afterprint", () => render(null, paper));
  }
}
