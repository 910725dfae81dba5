/** What the page of a recording has beyond the base. */
export const RECORDING_STYLE = `
.kicker { margin: 0 0 0.25rem; color: var(--soft); }
.good { color: var(--good); }
kbd { font-family: var(--mono); font-size: 0.75rem; border: 1px solid var(--rule); border-radius: 2px; padding: 0 0.25rem; }
mark { background: var(--mark); color: inherit; font-weight: 600; text-decoration: underline; text-underline-offset: 0.15em; }
.about { display: grid; grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); gap: 0 2.5rem; }
.about p { max-width: 44rem; }
h2.small { margin: 0.5rem 0 0; padding: 0; border: 0; font-size: 0.875rem; }
.roles { margin: 0.25rem 0 0.5rem; }
.roles dt { font-weight: 600; }
.roles dd { margin: 0 0 0.25rem; }
summary { cursor: pointer; }
input[type="checkbox"] { vertical-align: -0.125rem; margin: 0 0.25rem 0 0; }

.picture { display: grid; grid-template-columns: max-content minmax(0, 1fr); margin-top: 1.5rem;
  border-top: 1px solid var(--rule); padding-top: 0.25rem; }
#picture { position: relative; overflow-x: auto; }
.picture svg { display: block; }
.labels { list-style: none; margin: 0; padding: 0 0.75rem 0 0; max-width: 12rem; }
.labels li { height: 34px; line-height: 34px; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.legend { grid-column: 1 / -1; display: flex; flex-wrap: wrap; gap: 0 1.25rem; list-style: none; padding: 0;
  margin: 0.25rem 0 0; color: var(--soft); font-size: 0.8125rem; }
.legend li { display: flex; align-items: center; gap: 0.25rem; }
.there { stroke: var(--rule); stroke-dasharray: 2 3; }
.life { stroke: var(--soft); stroke-width: 1.5; fill: none; }
.reach { stroke: var(--soft); stroke-dasharray: 1 2; fill: none; }
/* What is used is matched alone: it has its colour from where it is used. */
.picture use, .strip rect { fill: currentColor; }
.line { fill: var(--paper); stroke: currentColor; stroke-width: 2; }
.k-syscall { color: var(--bar); }
.k-ptrace { color: var(--link); }
.k-signal, .k-exit { color: var(--bad); }
.k-clone { color: var(--good); }
.k-instruction, .k-stop, .k-note { color: var(--ink); }
.hit { fill: transparent; }
.picture a:hover .hit { fill: var(--band); fill-opacity: 0.6; }
.picture text, .strip text { font: 600 11px var(--mono); fill: var(--bad); text-anchor: middle; }
.arrow { fill: none; stroke: var(--ink); stroke-width: 1.25; }
.a-signal { stroke-dasharray: 5 2; }
.a-wait { stroke-dasharray: 1.5 2; }
.a-attach { stroke-dasharray: 6 2 1.5 2; }
.secret use, .arrow.secret { visibility: hidden; }
#head path { fill: var(--ink); }
#now { fill: var(--mark); fill-opacity: 0.55; }

/* What has the focus is not to lie under the controls. */
html { scroll-padding-top: 5rem; }
.picture { scroll-margin-top: -4.5rem; }
.controls { position: sticky; top: 0; z-index: 1; display: grid; gap: 0.25rem 1rem; align-items: center;
  grid-template-columns: max-content minmax(0, 1fr) max-content; background: var(--paper);
  padding: 0.5rem 0; border-bottom: 1px solid var(--rule); }
.buttons, .more { display: flex; flex-wrap: wrap; align-items: center; gap: 0.25rem; }
.more { gap: 0.25rem 0.75rem; }
.buttons button { min-width: 1.875rem; font-family: var(--mono); font-size: 1rem; line-height: 1.5; padding: 0 0.25rem; }
#place { min-width: 4.5rem; text-align: center; font-variant-numeric: tabular-nums; }
.slider { display: grid; }
.strip { width: 100%; padding: 0 8px; overflow: visible; display: block; }
#scrub { width: 100%; margin: 0; accent-color: var(--link); }
#step { min-height: 34rem; padding-top: 0.25rem; }
#step h2 { margin: 0.125rem 0 0.25rem; padding: 0; border: 0; font-size: 1.0625rem; overflow-wrap: anywhere; }
#step h2:focus { outline: none; }
#step h3 { margin-top: 0.75rem; }
.where { margin: 0.5rem 0 0; color: var(--soft); display: flex; flex-wrap: wrap; gap: 0 1rem; }
.where b { color: var(--ink); }
.why, .observer, .question, .verdict p { max-width: 52rem; }
.observer { color: var(--soft); border-left: 2px solid var(--rule); padding-left: 0.75rem; }
.arrows { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: 0 1.5rem; }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 0 2.5rem; }
.columns > div { min-width: 0; }
.columns .scroll { margin: 0.25rem 0 0; }
#step :is(th, td), #encoder :is(th, td) { line-height: 1.4; }
.sign { width: 1.25rem; padding-right: 0.25rem; font-weight: 600; }
.wraps { white-space: normal; overflow-wrap: anywhere; }
td.soft { color: var(--soft); }
:is(.registers, .kernel, .memory) tr:not(.changed) > td { color: var(--soft); }
.registers th[scope="row"] { white-space: normal; overflow-wrap: anywhere; min-width: 5.5rem; max-width: 12rem; }
tr.changed > th { font-weight: 600; }
tr.now > * { background: var(--mark); }
tr.now > td.soft, :is(.now, mark) i { color: inherit; }
.code .label { color: var(--soft); font-weight: 600; padding-top: 0.25rem; }
.code th { padding-right: 1rem; }
.columns section:has(> details) { margin-top: 0.75rem; }
.choices { padding-left: 1.5rem; }
.choices li { margin: 0.375rem 0; }
.choices button { text-align: left; padding: 0.25rem 0.75rem; }
.plain { background: none; }
.verdict { border: 1px solid var(--rule); border-radius: 3px; padding: 0 0.75rem; margin: 0.5rem 0; background: var(--band); }
dialog { color: inherit; background: var(--paper); border: 1px solid var(--soft); border-radius: 3px; max-width: 30rem; }
dialog::backdrop { background: rgb(0 0 0 / 0.4); }
dialog h2 { margin: 0; }

fieldset { border: 1px solid var(--rule); border-radius: 3px; margin: 0.5rem 0; padding: 0.25rem 0.75rem 0.5rem; min-width: 0; }
legend { font-weight: 600; padding: 0 0.25rem; }
input:not([type]), input[type="text"] { font: 0.8125rem var(--mono); color: inherit; background: var(--paper);
  border: 1px solid var(--soft); border-radius: 3px; padding: 0.125rem 0.375rem; width: 9.5rem; max-width: 100%; }
input[readonly] { background: var(--band); }
input[aria-invalid] { border-color: var(--bad); outline: 1px solid var(--bad); }
input[name="parent"] { width: 7rem; }
fieldset p { margin: 0.25rem 0 0; }
.arguments { display: grid; grid-template-columns: repeat(auto-fill, minmax(13.5rem, 1fr)); gap: 0.25rem 1rem; margin-top: 0.375rem; }
.arguments label { display: flex; align-items: baseline; gap: 0.5rem; }
.arguments label > span { width: 3rem; flex: none; }
.flags { display: grid; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); gap: 0 1rem; }
#encoder-panel { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1.1fr); gap: 0 2.5rem; align-items: start; }
#encoder-status { font-weight: 600; }
.bits { white-space: normal; min-width: 8rem; }

/* A long table is laid out once one comes near it: the page is there sooner. */
@media screen { .all { content-visibility: auto; contain-intrinsic-size: auto 4000px; } }
.steps td.told { white-space: normal; font-family: inherit; font-size: inherit; color: inherit; min-width: 16rem; padding-bottom: 0.375rem; }
.steps tr > td { color: var(--soft); }
.steps .told p { margin: 0; max-width: 52rem; }
.words > span { margin-right: 1ch; }
.steps tr:target > * { background: var(--band); }
.steps details { margin: 0.25rem 0; border-left: 2px solid var(--bad); padding-left: 0.5rem; }
.end th { white-space: normal; font-family: inherit; }
.end td { color: inherit; }

@media print {
  #player, #encoder, .skip { display: none !important; }
  #now { display: none; }
  #picture { overflow: hidden; }
  #picture > svg { width: 100%; }
  td { overflow-wrap: anywhere; }
  .steps .told p { font-size: inherit; }
  header details::details-content { content-visibility: visible; }
  .about { display: block; }
}
@media (max-width: 60rem) {
  .about, #encoder-panel { grid-template-columns: minmax(0, 1fr); }
  .controls { grid-template-columns: minmax(0, 1fr); }
  html { scroll-padding-top: 8.5rem; }
  .picture { scroll-margin-top: -8rem; }
}
@media (max-width: 40rem) {
  body { padding-inline: 0.75rem; }
  .labels { max-width: 6rem; padding-right: 0.375rem; }
  .labels .soft { display: none; }
  .controls .more { font-size: 0.8125rem; }
  th, td { padding-right: 0.5rem; }
}
`;
