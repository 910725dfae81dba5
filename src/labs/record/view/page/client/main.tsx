// The script of a recording's page. The build bundles it, and the page holds the text.

import { render } from "preact";
import { App } from "./app.tsx";
import { embedded, projected } from "./place.ts";

const root = document.getElementById("app");
if (root !== null) {
  document.documentElement.classList.add("scripted");
  document.documentElement.classList.toggle("embed", embedded);
  document.documentElement.classList.toggle("slides", projected);
  render(<App />, root);
  performance.mark("interactive");
}
