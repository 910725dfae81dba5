/** What the page of a recording has beyond the base. */
export const PAGE_STYLE = `
.good { color: var(--good); }
mark { background: var(--mark); color: inherit; font-weight: 600; border-radius: 2px; }
mark i { color: inherit; }
.pid { font-weight: 500; }
summary { cursor: pointer; }
kbd { font: 0.75rem/1.3 var(--mono); color: var(--soft); border: 1px solid var(--rule); border-radius: 3px; padding: 0 0.3rem; background: var(--paper); }
body { max-width: 100rem; padding: 0.75rem clamp(0.75rem, 2.5vw, 2.5rem) 4rem; }
body > header { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0.25rem 2rem; }
h1 { flex: 1 1 20rem; font-size: clamp(1.25rem, 1rem + 0.7vw, 1.625rem); line-height: 1.25; letter-spacing: -0.01em; text-wrap: balance; }
.course { order: 1; margin: 0; gap: 0.25rem 1.25rem; }
.course a { max-width: 16rem; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
main > :not(#app) { max-width: 60rem; }
:is(#step, .prose) { font-size: 1.0625rem; line-height: 1.6; }
:is(#step, .prose) :is(p, ul, li) { max-width: 42rem; text-wrap: pretty; }
.prose :is(p, ul, li) { margin: 0 0 0.6em; }
:is(#step, .prose) code { font-size: 0.9em; }
.future { display: none; }

/* The stage in the middle; what happens beside it, or under it; the rest in folds below. */
.app { min-height: calc(100vh - 4rem); align-content: start; display: grid; gap: 0.75rem 2rem; margin-top: 0.75rem;
  grid-template: "steps" auto "stage" auto "story" auto "folds" auto "kernel" auto / minmax(0, 1fr); }
.theatre { grid-area: stage; border: 1px solid var(--rule); border-radius: 12px; padding: 8px; min-width: 0; }
:is(.still, .worksheet) .stage * { animation: none !important; }
.theatre .stage { max-height: calc((100vh - 12.5rem) * var(--part, 1)); }
.steps { grid-area: steps; }
.side { display: contents; }
#step { grid-area: story; min-width: 0; }
.folds { grid-area: folds; display: grid; gap: 0.75rem 2rem; align-items: start; }
.kernel { grid-area: kernel; min-width: 0; }
.cold :is(.folds, .kernel) { display: none; }
@media (min-width: 64rem) {
  .app { grid-template: "steps side" auto "stage side" auto "folds side" 1fr / minmax(0, 1fr) clamp(20rem, 27vw, 28rem); }
  .side { grid-area: side; display: flex; flex-direction: column; gap: 1rem; }
  .folds { grid-template-columns: minmax(0, 1fr) minmax(0, 1.35fr); }
  #step { min-height: 24rem; }
}
@media (min-width: 64rem) and (max-width: 79.99rem) {
  .wide { grid-template: "steps steps" auto "stage stage" auto "side folds" 1fr / minmax(0, 1fr) minmax(0, 1.25fr); }
}

/* The line of steps, and the buttons. */
.scrubber { position: relative; height: 2.5rem; }
.scrubber svg { position: absolute; inset: 0 0 auto; width: 100%; height: 1.75rem; pointer-events: none; }
.scrubber rect { fill: currentColor; }
.scrubber :is(.staged, .later) { opacity: 0.4; }
.scrubber path { stroke: var(--rule); vector-effect: non-scaling-stroke; }
.scrubber .now { fill: var(--next); }
#scrub { position: absolute; inset: 0; width: 100%; height: 100%; margin: 0; opacity: 0; cursor: ew-resize; appearance: none; }
#scrub::-webkit-slider-thumb { appearance: none; width: var(--step); height: 100%; }
#scrub::-moz-range-thumb { width: var(--step); height: 100%; border: 0; border-radius: 0; }
#scrub:focus-visible + svg { outline: 2px solid var(--link); outline-offset: 2px; }
.asks { position: absolute; bottom: 0; transform: translateX(-50%); font: 700 0.6875rem/1 var(--mono); color: var(--tone, var(--soft)); pointer-events: none; }
.right { --tone: var(--good); } .wrong { --tone: var(--bad); }
.bar { display: flex; flex-wrap: wrap; align-items: center; gap: 0.25rem 1rem; }
.bar label { margin-left: auto; }
.moves { border: 0; margin: 0; padding: 0; display: flex; align-items: center; gap: 0.25rem; min-width: 0; }
.moves button { min-width: 2.25rem; height: 2.25rem; font: 1.0625rem/1 var(--mono); border-color: var(--rule); border-radius: 6px; }
button:hover { border-color: var(--link); }
#place { min-width: 5.5rem; text-align: center; font-variant-numeric: tabular-nums; font-weight: 600; }
#message { flex: 1; margin: 0; color: var(--soft); }

/* What happens, and why. */
#step p { margin: 0 0 0.75em; }
#step .soft { margin: 0 0 0.25rem; }
#step h2 { margin: 0 0 0.75rem; padding: 0; border: 0; font-size: 1.25rem; line-height: 1.35; }
#step h2.mono { font-size: 1.0625rem; overflow-wrap: anywhere; }
#step h2:focus { outline: none; }
.detail { border-left: 3px solid var(--rule); padding-left: 0.75rem; margin-bottom: 0.75rem; font-size: 0.9375rem; }
.detail summary { color: var(--link); }
.gloss { font: inherit; color: inherit; background: none; border: 0; border-radius: 0; padding: 0; cursor: help;
  text-decoration: underline dotted var(--link) 1.5px; text-underline-offset: 0.2em; }
.explained { background: var(--band); border-radius: 4px; padding: 0.125rem 0.375rem; margin-inline: 0.25rem; font-size: 0.875em; box-decoration-break: clone; -webkit-box-decoration-break: clone; }
.choices { list-style: none; padding: 0; margin: 1rem 0; display: grid; gap: 0.5rem; max-width: 42rem; }
.choices button { display: flex; align-items: baseline; gap: 0.75rem; width: 100%; text-align: left; padding: 0.625rem 0.875rem; border-radius: 8px; border-color: var(--rule); }
.plain { background: none; border-color: transparent; color: var(--soft); }
.begins { display: flex; flex-wrap: wrap; gap: 0.5rem 0.75rem; align-items: baseline; }
.begin { display: inline-block; font-size: 1.0625rem; padding: 0.5rem 1.125rem; border-radius: 8px; border: 1px solid var(--link); background: var(--link); color: var(--paper); text-decoration: none; }
.begin kbd { color: inherit; background: none; border-color: currentColor; }
.verdict { background: var(--band); border-left: 3px solid var(--tone, var(--soft)); border-radius: 0 6px 6px 0; padding: 0.75rem 1rem 0.5rem; margin: 0 0 1rem; font-size: 0.9375rem; }

/* Code, registers, /proc. */
.fold { min-width: 0; border-top: 1px solid var(--rule); padding-top: 0.375rem; margin-bottom: 0.5rem; }
.fold > summary { font-weight: 600; overflow-wrap: anywhere; margin-bottom: 0.25rem; }
.listing { list-style: none; margin: 0; padding: 0; max-height: 23rem; overflow: auto; font: 0.8125rem/1.375rem var(--mono); }
.listing li { display: flex; gap: 0.75rem; padding: 0 0.5rem; white-space: pre; border-radius: 3px; min-width: max-content; }
.listing code { font: inherit; overflow-wrap: normal; }
.listing :is(.label, li > span:first-child) { color: var(--soft); }
.listing li::before { content: " "; } .listing .executed::before { content: "•"; }
.listing .next::before { content: "▸"; } .listing .next { background: var(--next); font-weight: 650; }
.fold table { width: 100%; margin-bottom: 0.5rem; }
.fold :is(th, td) { padding: 0.0625rem 0; line-height: 1.375rem; vertical-align: top; white-space: normal; overflow-wrap: anywhere; }
.fold th { width: 5.25rem; padding-right: 0.5rem; color: var(--soft); }
.fold tr.changed > th { color: var(--ink); font-weight: 600; }
.old { color: var(--soft); }
.ends { columns: 2; font-size: 0.8125rem; }

/* On a phone the buttons are at the thumb. */
@media screen and (max-width: 40rem) {
  .walk { scroll-padding-bottom: 8rem; }
  .walk body { padding-bottom: 8rem; }
  body:has(.app:not(.cold)) > header { position: absolute; clip-path: inset(50%); height: 1px; overflow: hidden; }
  .course a span { display: none; }
  .course a:not([rel="next"])::after, .course [rel="next"]::before { content: attr(rel); }
  .steps { position: fixed; inset: auto 0 0; z-index: 2; background: var(--paper); border-top: 1px solid var(--rule); padding: 0.375rem 0.75rem max(0.5rem, env(safe-area-inset-bottom)); }
  .steps .facts, .bar a { display: none; }
  .walk .theatre .stage { max-height: calc(45vh * var(--part, 1)); }
  .walk .asking .theatre .stage { max-height: calc(24vh * var(--part, 1)); }
  .cold .theatre { display: none; }
  .asking #step { font-size: 0.9375rem; line-height: 1.4; }
  .asking #step :is(h2, p) { margin-bottom: 0.375rem; }
  .choices { gap: 0.375rem; margin: 0.5rem 0; }
  .choices button { padding: 0.375rem 0.625rem; }
  .scrubber { height: 1.875rem; }
  .scrubber svg { height: 1.125rem; }
  .bar { font-size: 0.75rem; }
  .moves { flex: 1 1 100%; }
  .moves button { flex: 1; height: 2.75rem; font-size: 1.25rem; }
}

/* Slides: 1280 by 720, whatever the window has. */
.slides { font-size: min(1.25vw, 2.222vh); overflow: hidden; }
:is(.slides, .sheet) :is(body > header, main > :not(#app), .skip) { display: none; }
.slides body { padding: 0; max-width: none; }
.slide { width: 80rem; height: 45rem; margin: auto; padding: 1rem 2.5rem 0.75rem; display: flex; flex-direction: column; gap: 0.5rem; font-size: 1.5rem; line-height: 1.3; }
.slide .theatre { flex: none; margin: 0 auto; border: 0; padding: 0; }
.slide .stage { max-height: none; }
.slide .stage text { font-size: var(--letter) !important; }
.slide :is(.tag, .crowded .pid) { display: none; }
.slide .moving .label { paint-order: stroke; stroke: var(--paper); stroke-width: 8px; }
.slide section { flex: 1; min-height: 0; overflow: auto; }
.slide :is(h1, p, ul) { margin: 0 0 0.5rem; }
.slide h1 { font-size: 1.5rem; overflow-wrap: anywhere; }
.slide .words { display: flex; flex-wrap: wrap; gap: 0 2rem; }
.slide :is(code, kbd) { font-size: 1.5rem; }
.slide code.changed { background: var(--mark); }
.slide footer { display: flex; justify-content: end; align-items: baseline; gap: 1rem; color: var(--soft); }
.slide footer button { font-size: 1.5rem; line-height: 1.2; }
.slide .options { columns: 2; }
.slide .options > li { break-inside: avoid; padding-left: 2.25rem; text-indent: -2.25rem; }
.title section { display: flex; flex-direction: column; justify-content: center; font-size: 1.75rem; }
.title h1 { flex: none; font-size: 3rem; line-height: 1.15; }
.notes { max-width: 42rem; margin: 1rem auto; font-size: 1.125rem; }
.answer dt { font-weight: 600; } .answer dd { margin: 0 0 0.5rem 1.5rem; }
.answers { break-before: page; }

/* A work sheet: A4. */
#paper { display: none; }
.worksheet { max-width: 46rem; margin: auto; font-size: 0.9375rem; }
.worksheet h2 { border: 0; margin: 1rem 0 0.25rem; padding: 0; font-size: 1rem; }
.worksheet .name { display: flex; gap: 1rem; margin: 1rem 0; }
.worksheet .name span { flex: 1; border-bottom: 1px solid; }
.options { list-style: none; padding: 0; }
.options > li::before { content: "☐"; margin-right: 0.75rem; }
.lines { height: 6rem; line-height: 1.5rem; background: repeating-linear-gradient(transparent 0 1.4375rem, var(--soft) 1.4375rem 1.5rem); }
@media print {
  @page { size: A4; margin: 15mm; }
  .walk body > :not(#paper) { display: none; }
  #paper { display: block; }
  .worksheet { max-width: none; }
  .worksheet section { break-inside: avoid; }
  .theatre, .lines { print-color-adjust: exact; }
}
`;
