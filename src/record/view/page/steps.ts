import { type Html, html } from "../../../page/html.ts";
import type { Kept } from "./kept.ts";
import { renderLeft } from "./left.ts";

/** All steps as a table, which needs no script. */
export function renderSteps({ rows, left }: Kept): Html {
  return html`<section class="all"><h2 id="steps">All steps</h2>
<div class="scroll" role="region" aria-labelledby="steps" tabindex="0"><table class="steps">
<thead><tr><th scope="col" class="n">step</th><th scope="col" class="n">µs</th><th scope="col">lane</th><th scope="col">kind</th><th scope="col">what, why, and what it changes</th></tr></thead>
<tbody>
${rows}</tbody>
</table></div>
${renderLeft(left)}</section>`;
}
