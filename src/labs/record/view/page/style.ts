/** What the page of a recording has beyond the base. */
export const RECORDING_STYLE = `
:root { --s-R: #d3eedb; --s-t: #dbe5f3; --s-T: #fbe2ae; --s-Z: #f8d3d0; }
@media screen and (prefers-color-scheme: dark) {
  :root { --s-R: #1d3d2a; --s-t: #213248; --s-T: #4b3c14; --s-Z: #4d2625; }
}
.s-R { --state: var(--s-R); } .s-t, .s-S, .s-D { --state: var(--s-t); }
.s-T { --state: var(--s-T); } .s-Z { --state: var(--s-Z); } .s-X { --state: transparent; }

body { padding-inline: clamp(0.75rem, 2.5vw, 2.5rem); }
body { max-width: 100rem; }
main > :not(#app) { max-width: 60rem; }
main { display: flex; flex-direction: column; }
html:not(.scripted) #ending { order: 1; }
.good { color: var(--good); }
mark { background: var(--mark); color: inherit; font-weight: 600; border-radius: 2px; }
mark i { color: inherit; }
.pid { font-weight: 500; }

/* The introduction: it folds once the reader is on the way. */
.kicker { margin: 0; color: var(--soft); font-family: var(--mono); font-size: 0.8125rem; }
h1 { font-size: clamp(1.5rem, 1rem + 1.6vw, 2.125rem); line-height: 1.2; letter-spacing: -0.015em; text-wrap: balance; }
.reading h1 { font-size: 1.25rem; letter-spacing: -0.005em; }
.reading body { padding-top: 0.75rem; }
@media screen {
  .reading body > header { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 1rem; }
  .reading body > header > :is(.course, #about[open]) { flex-basis: 100%; }
  .reading .course { margin-bottom: 0.25rem; }
}
#about { margin-top: 0.25rem; }
#about > summary { color: var(--soft); width: max-content; }
.scripted #about[open] > summary { display: none; }
.about { display: grid; grid-template-columns: minmax(0, 42rem) minmax(14rem, 22rem); gap: 0 4rem; margin-top: 1rem; }
.prose { font-size: 1.0625rem; line-height: 1.6; }
.prose p { margin: 0 0 0.9em; max-width: 42rem; text-wrap: pretty; }
aside h2 { font-size: 0.8125rem; font-weight: 600; color: var(--soft); margin: 0.25rem 0 0.5rem; padding: 0; border: 0; }
.roles { margin: 0; }
.roles dd { margin: 0 0 0.625rem; color: var(--soft); }
summary { cursor: pointer; }
.prose details { margin: 0 0 0.75em; max-width: 42rem; }
.prose summary { font-weight: 600; margin-bottom: 0.5em; }
.prose ul { max-width: 42rem; margin: 0 0 0.9em; }
.prose li { margin-bottom: 0.4em; }
.prose code { font-size: 0.9em; }
.prose h2 { font-size: 1.1875rem; margin-bottom: 0.75rem; }

/* Lanes and controls stay while the columns scroll. */
html { scroll-padding-top: 1rem; }
#app:not(:empty) { margin: 0.75rem 0 3rem; }
#app:has(.app:not(.cold)) { min-height: min(100vh, 60rem); }
.app { border-top: 1px solid var(--rule); }
.head { position: sticky; top: 0; z-index: 2; background: var(--paper); border-bottom: 1px solid var(--rule); padding-bottom: 0.25rem; }
.toolbar { display: flex; flex-wrap: wrap; align-items: center; gap: 0.375rem 1rem; padding: 0.5rem 0; }
.toolbar fieldset { border: 0; margin: 0; padding: 0; display: flex; align-items: center; gap: 0.125rem; min-width: 0; }
.toolbar .more { display: flex; flex-wrap: wrap; align-items: center; gap: 0.375rem 0.875rem; margin-left: auto; }
.moves button, .zoom button { min-width: 2rem; height: 2rem; font: 1.0625rem/1 var(--mono); border-color: transparent; background: none; }
:is(.moves, .zoom) button:hover { background: var(--band); border-color: var(--rule); }
#place { min-width: 5.5rem; text-align: center; font-variant-numeric: tabular-nums; font-weight: 600; }
#message { flex: 1; min-width: 0; margin: 0; color: var(--soft); }
kbd { font: 0.75rem/1.3 var(--mono); color: var(--soft); border: 1px solid var(--rule); border-radius: 3px; padding: 0 0.3rem; margin-right: 0.125rem; background: var(--paper); }

.strip { display: grid; grid-template-columns: 13.5rem minmax(0, 1fr); max-height: 40vh; overflow-y: auto; }
.labels { list-style: none; margin: 0; padding: 0; }
.labels li { height: 28px; display: flex; align-items: center; gap: 0.5rem; padding-right: 0.5rem; }
.labels button { flex: 1; min-width: 0; display: flex; align-items: baseline; gap: 0.5rem; text-align: left; border-color: transparent;
  background: none; padding: 0 0.25rem; height: 24px; overflow: hidden; }
.labels button[aria-pressed="true"] { background: var(--band); border-color: var(--soft); }
.labels .name { font-weight: 600; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.labels .pid { font-size: 0.75rem; font-variant-numeric: tabular-nums; }
.labels .absent .name { font-weight: 400; color: var(--soft); }
.state { display: inline-block; min-width: 1.375rem; padding: 0 0.25rem; text-align: center; border-radius: 3px; font: 600 0.75rem/1.25rem var(--mono);
  background: var(--state); color: var(--ink); }
.window { overflow-x: auto; overflow-y: hidden; }
.canvas { position: relative; }
.canvas svg { display: block; pointer-events: none; }
#scrub { position: absolute; inset: 0; width: 100%; height: 100%; margin: 0; opacity: 0; cursor: ew-resize; appearance: none; }
#scrub::-webkit-slider-thumb { appearance: none; width: var(--step); height: 100%; }
#scrub::-moz-range-thumb { width: var(--step); height: 100%; border: 0; border-radius: 0; }
#scrub:focus-visible + svg { outline: 2px solid var(--link); outline-offset: -2px; }
.band { fill: var(--state); }
.letter { font: 600 10px var(--mono); fill: var(--ink); opacity: 0.65; }
.axis { stroke: var(--rule); stroke-dasharray: 1 3; }
.now { fill: none; stroke: var(--link); stroke-width: 1.5; rx: 3px; }
.glyph { fill: currentColor; }
.glyph.staged { fill: var(--paper); stroke: currentColor; stroke-dasharray: 2 1.5; }
.glyph.line { fill: var(--paper); stroke: currentColor; stroke-width: 1.75; }
.reach { stroke: currentColor; stroke-dasharray: 1 2; opacity: 0.7; }
.k-instruction, .k-stop, .k-note { color: var(--ink); }
.k-syscall { color: var(--p1); }
.k-ptrace { color: var(--p3); }
.k-signal, .k-exit { color: var(--bad); }
.k-clone { color: var(--good); }
.arrow { fill: none; stroke: var(--ink); stroke-width: 1.25; marker-end: url(#head); }
.a-signal { stroke-dasharray: 5 2; }
.a-wait { stroke-dasharray: 1.5 2; }
.a-attach { stroke-dasharray: 6 2 1.5 2; }
#head path { fill: var(--ink); }
.later { opacity: 0.3; }
.asks { font: 700 13px var(--mono); text-anchor: middle; fill: var(--soft); }
.asks.open { fill: var(--bad); }
.asks.right { fill: var(--good); }
.asks.wrong { fill: var(--bad); }
.legend { display: flex; flex-wrap: wrap; gap: 0.125rem 1.125rem; list-style: none; padding: 0.5rem 0; margin: 0; color: var(--soft); font-size: 0.75rem; }
.legend li { display: flex; align-items: center; gap: 0.3rem; }
.legend svg { width: 14px; }
.legend svg:has(.arrow) { width: 26px; }

/* Before the first step there is only the introduction. */
.cold :is(.head, .code, .values), .cold + .legend, .cold .legend { display: none; }
.app.cold { border: 0; }
.cold .columns { display: block; }
.cold .story.column { padding: 0; border: 0; min-height: 0; }
.cold h2 { font-size: 1.0625rem; margin: 0 0 0.25rem; }

/* Code, what happens, registers. */
.columns { display: grid; grid-template-columns: minmax(21.5rem, 1fr) minmax(20rem, 1.35fr) minmax(26rem, 1.3fr); }
.columns.uncoded { grid-template-columns: minmax(0, 1fr) minmax(26rem, 1fr); }
.uncoded .story { padding-left: 0; }
.uncoded .values { padding-right: 0; }
.column { min-width: 0; padding: 1rem 1.75rem 1.5rem; }
.column + .column { border-left: 1px solid var(--rule); }
.stay { position: sticky; top: calc(var(--head, 0px) + 1rem); }
.column.code { padding-left: 0; }
.listing { container-type: inline-size; }
.column.values { padding-right: 0; }
.story h2.caption, .caption { font-size: 0.8125rem; font-weight: 600; line-height: 1.3; margin: 0 0 0.375rem; padding: 0; border: 0; overflow-wrap: anywhere; }
.caption small { font-size: inherit; }

.listing { position: relative; overflow: auto; max-height: max(16rem, calc(100vh - var(--head, 10rem) - 9.5rem)); font: 0.8125rem/1.25rem var(--mono); }
.listing ol { list-style: none; margin: 0; padding: 0; min-width: max-content; }
.listing li { height: 1.25rem; padding: 0 0.5rem 0 1.125rem; display: flex; gap: 0.75rem; white-space: pre; border-radius: 3px; }
.listing .label { padding-left: 1.125rem; color: var(--soft); }
.listing code { font: inherit; overflow-wrap: normal; }
.offset, .comment, .bytes { color: var(--soft); }
.comment:empty { display: none; }
.comment { margin-left: -0.75rem; }
.bytes { margin-left: auto; padding-left: 1rem; }
@container (max-width: 27rem) { .bytes { display: none; } .listing ol { min-width: 0; } }
li.executed { background: var(--mark); }
li.executed :is(.offset, .comment, .bytes, i) { color: inherit; }
.pointers { position: absolute; inset: 0 auto auto 0; }
.pointer { position: absolute; left: 0.125rem; opacity: 0.55; line-height: 1.25rem; font-size: 0.875rem; }
.pointer.mine { opacity: 1; }

.story { font-size: 1.0625rem; line-height: 1.6; }
#step { min-height: clamp(14rem, 100vh - var(--head, 10rem) - 24rem, 24rem); }
.process { margin-top: 1rem; border-top: 1px solid var(--rule); padding-top: 0.75rem; }
.values > .process { margin: 0; border: 0; padding: 0; }
.tasks { margin: 0 0 1.25rem; padding-left: 1.25rem; font-size: 0.9375rem; }
.ways { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0.5rem 1.25rem; }
.where { margin: 0 0 0.375rem; color: var(--soft); display: flex; flex-wrap: wrap; gap: 0 1rem; font-size: 0.8125rem; }
.story h2 { margin: 0 0 0.75rem; padding: 0; border: 0; font-size: 1.25rem; line-height: 1.35; }
.story h2.mono { font-size: 1.0625rem; font-weight: 600; overflow-wrap: anywhere; }
.story h2:focus { outline: none; }
.story p { max-width: 42rem; text-wrap: pretty; }
.why { margin: 0 0 1em; }
.words, .words code { font-size: 0.8125rem; }
.words { margin: 0 0 1em; }
.observer { font-size: 0.875rem; color: var(--soft); border-left: 2px solid var(--rule); padding-left: 0.75rem; }
.arrows { list-style: none; padding: 0; font-size: 0.875rem; color: var(--soft); }
.choices { list-style: none; padding: 0; margin: 1rem 0; display: grid; gap: 0.5rem; max-width: 42rem; }
.choices button { display: flex; align-items: baseline; gap: 0.75rem; width: 100%; text-align: left; padding: 0.625rem 0.875rem; border-radius: 6px; border-color: var(--rule); }
.choices button:hover { border-color: var(--link); }
.plain { background: none; border-color: transparent; color: var(--soft); }
.begin { display: inline-block; font-size: 1.0625rem; padding: 0.5rem 1.125rem; border-radius: 6px; border: 1px solid var(--link); background: var(--link); color: var(--paper); text-decoration: none; }
.begin kbd { color: inherit; background: none; border-color: currentColor; }
.verdict { background: var(--band); border-left: 3px solid var(--soft); border-radius: 0 4px 4px 0; padding: 0.75rem 1rem 0.25rem; margin: 0 0 1rem; font-size: 0.9375rem; color: var(--ink); }
.verdict.good { border-color: var(--good); } .verdict.bad { border-color: var(--bad); }
.verdict p { margin: 0 0 0.5rem; }

.registers, .kernel { width: 100%; table-layout: auto; }
.registers + .registers, .registers + .segments { margin-top: 0.5rem; border-top: 1px solid var(--rule); padding-top: 0.375rem; }
:is(.registers, .kernel) :is(th, td) { padding: 0.0625rem 0; line-height: 1.375rem; vertical-align: top; }
:is(.registers, .kernel) th { width: 5.25rem; padding-right: 0.5rem; color: var(--soft); white-space: normal; overflow-wrap: anywhere; }
:is(.registers, .kernel) td { white-space: normal; overflow-wrap: anywhere; }
.calm tbody { display: grid; grid-template-columns: repeat(auto-fill, minmax(12.5rem, 1fr)); }
tr.used > *, .state.used { background: var(--band); }
[data-name="rip"] .meaning, [data-name="pc"] .meaning { display: block; }
.calm tr { display: flex; }
.calm th { flex: none; }
:is(.registers, .kernel) tr.changed > th { color: var(--ink); font-weight: 600; }
tr.sought > * { background: var(--mark); }
.before, .to, .old { color: var(--soft); }
.age { font-weight: 400; }
.meaning { color: var(--soft); display: inline-block; margin-left: 1ch; white-space: pre-wrap; max-width: 100%; overflow-wrap: anywhere; }
.meaning .pid { font-weight: 600; }
.value { font: inherit; color: inherit; }
button.value { background: none; border: 0; border-radius: 2px; padding: 0; text-align: left; overflow-wrap: anywhere; cursor: pointer;
  text-decoration: underline dotted color-mix(in srgb, currentColor 35%, transparent); text-underline-offset: 0.2em; }
button.value:hover { text-decoration: underline; color: var(--link); }
.segments, .memory { margin-top: 0.5rem; font-size: 0.8125rem; }
.memory ul { list-style: none; margin: 0.25rem 0; padding: 0; font-family: var(--mono); overflow-wrap: anywhere; }
.memory .sign { margin-right: 0.5rem; font-weight: 600; }
.carried { position: fixed; inset: 0 auto auto 0; z-index: 3; font: 600 0.75rem/1.5 var(--mono); background: var(--paper); border: 1px solid currentColor;
  border-radius: 999px; padding: 0 0.5rem; pointer-events: none; }
@media (prefers-reduced-motion: no-preference) {
  .pointer { transition: transform 0.28s ease-in-out; }
  li.executed { transition: background-color 0.2s; }
}

dialog { color: inherit; background: var(--paper); border: 1px solid var(--rule); border-radius: 8px; max-width: 32rem; padding: 1.25rem 1.5rem; }
dialog::backdrop { background: rgb(0 0 0 / 0.45); }
dialog h2 { margin: 0; border: 0; }
dialog dt { text-align: right; }

/* The table of all steps, the end. A long table is laid out once one comes near it: the page is there sooner. */
@media screen {
  .all { content-visibility: auto; contain-intrinsic-size: auto 4000px; }
  .future { display: none; }
}
.steps { width: 100%; table-layout: fixed; }
.steps thead > tr > :nth-child(1) { width: 3.25rem; }
.steps thead > tr > :nth-child(2) { width: 9.5rem; }
.steps :is(th, td) { padding-block: 0.5rem; border-top: 1px solid var(--rule); }
.steps td { white-space: normal; font-family: inherit; font-size: 0.875rem; }
.steps td { overflow-wrap: break-word; }
.steps .told p { margin: 0.125rem 0 0; max-width: 46rem; }
.words > span { margin-right: 1ch; display: inline-block; max-width: 100%; overflow-wrap: anywhere; }
.steps tr:target > * { background: var(--band); }
.steps details { margin: 0 0 0.5rem; border-left: 2px solid var(--bad); padding-left: 0.75rem; }
.end th { white-space: normal; font-family: inherit; max-width: 30rem; }
.end td { white-space: normal; overflow-wrap: anywhere; }

.embed body { padding: 0 0.5rem 0.5rem; }
.embed body > header, .embed main > :not(#app), .embed .legend { display: none; }
.embed #app { margin: 0; min-height: 0; }

.slides { font-size: 150%; }
.slides main > :not(#app), .slides .legend { display: none; }
.slides .columns:not(.uncoded) { grid-template-columns: minmax(0, 1fr) minmax(0, 1.1fr) minmax(0, 1.3fr); }
.slides :is(.labels, .labels button, .labels .pid, .state) { font-size: 0.75rem; line-height: 1.25; }

@media (max-width: 75rem) and (min-width: 60rem) {
  .columns { grid-template-columns: minmax(18.25rem, 1fr) minmax(17rem, 1.1fr) minmax(21rem, 1.3fr); }
  .column { padding-inline: 1rem; }
  .story { font-size: 1rem; }
  .listing { font-size: 0.75rem; }
  .listing li { gap: 0.5rem; padding-right: 0; }
}
@media (max-width: 60rem) {
  .columns { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); }
  .column { padding-inline: 1.25rem; }
  .column.story { grid-row: 1; padding-left: 0; border: 0; }
  .column.code { grid-row: 2; border-top: 1px solid var(--rule); }
  .column.values { grid-area: 1 / 2 / span 2; }
  .columns { grid-template-rows: auto 1fr; }
  .stay { position: static; }
  .listing { max-height: 24rem; }
}
@media (max-width: 48rem) {
  .about { grid-template-columns: minmax(0, 1fr); gap: 1rem; }
  .columns { display: block; }
  .column, .column + .column { padding: 1rem 0; border: 0; border-top: 1px solid var(--rule); min-height: 0; }
  .columns { display: flex; flex-direction: column; }
  .column.story { display: contents; }
  #step { order: -3; padding: 1rem 0; }
  .column.values { order: -2; }
  .process { order: -1; margin: 0; }
  .labels .name { font-size: 0.8125rem; }
  .strip { grid-template-columns: 7.75rem minmax(0, 1fr); max-height: 30vh; }
  .labels .pid, .toolbar .many { display: none; }
  #step { min-height: 0; }
  .toolbar { gap: 0.25rem 0.5rem; padding: 0.25rem 0; }
  .toolbar .more { margin-left: 0; font-size: 0.8125rem; }
  #place { min-width: 4.5rem; }
  .toolbar { position: relative; }
  #message { position: absolute; z-index: 1; inset: 100% 0 auto; background: var(--paper); border-block: 1px solid var(--rule); padding: 0.25rem 0; }
  #message:empty { display: none; }
  .steps :is(th, td) { padding-right: 0.5rem; }
  .steps thead > tr > :nth-child(1) { width: 2.25rem; }
  .steps thead > tr > :nth-child(2) { width: 5.75rem; }
}
@media (max-height: 40rem) { .head { position: static; } }

@media print {
  #app, .skip, #later, .course { display: none !important; }
  body > header, main > :not(#app) { max-width: none; }
  #ending { order: 1; }
  details::details-content { content-visibility: visible; display: block; height: auto; }
  #about > summary { display: none; }
  .about { grid-template-columns: minmax(0, 3fr) minmax(0, 1fr); gap: 0 1.5rem; }
  .prose { font-size: 1rem; line-height: 1.45; }
  .steps :is(th, td), .steps .told p { font-size: 0.8125rem !important; overflow-wrap: break-word; }
  .steps tr { break-inside: avoid; }
  .end { table-layout: fixed; width: 100%; }
  .end thead > tr > :first-child { width: 1.25rem; }
  .end :is(th, td) { overflow-wrap: break-word; }
}
`;
