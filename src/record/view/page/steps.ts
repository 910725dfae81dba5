import { type Html, html } from "../../../page/html.ts";
import { renderLeft } from "./about.ts";
import type { Kept } from "./kept.ts";

/** All steps as a table, which needs no script. */
export function renderSteps({ rows, left }: Kept): Html {
  return html`<section class="all"><h2 id="steps">All steps</h2>
<p id="later" class="soft" hidden>Steps that you have not reached yet are not shown here.</p>
<table class="steps">
<thead><tr><th scope="col" class="n">step</th><th scope="col">lane</th><th scope="col">what, why, and what it changes</th></tr></thead>
<tbody>
${rows}</tbody>
</table>
${renderLeft(left)}</section>`;
}
