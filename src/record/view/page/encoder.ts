import { type Html, html } from "../../../page/html.ts";

/** The encoder's panel; the script fills it, with the names that the module has. */
export function renderEncoder(): Html {
  return html`<section id="encoder" hidden aria-labelledby="encoder-title"><h2 id="encoder-title">The encoder, here</h2>
<p class="soft">The WebAssembly module that stublab encodes with runs in this page. Choose a call, and see which registers it writes. Nothing is executed. With <code>clone</code> and <code>wait4</code> come their flags.</p>
<div id="encoder-panel"></div>
</section>`;
}
