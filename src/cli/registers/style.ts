/** What the page of registers has beyond the base. */
export const REGISTERS_STYLE = `
h1 { font-size: clamp(1.5rem, 1rem + 1.6vw, 2.125rem); line-height: 1.2; letter-spacing: -0.015em; }
.lead { max-width: 46rem; color: var(--soft); }
.arches { float: right; margin: 0.25rem 0 0 1rem; }
.arches a { padding: 0.25rem 0.75rem; border: 1px solid var(--rule); border-radius: 1rem; text-decoration: none; }
.arches a[aria-current] { background: var(--ink); color: var(--paper); border-color: var(--ink); }
.about { font-size: 1.0625rem; line-height: 1.6; max-width: 46rem; margin: 0.75rem 0 1rem; }
.about:empty { margin: 0.5rem 0; }
#wrong:not(:empty) { position: sticky; top: 0; z-index: 1; padding: 0.5rem 1rem; background: var(--bad-band); }
.columns { display: grid; grid-template: auto 1fr / minmax(0, 1fr) minmax(0, 1fr); gap: 0 2.5rem; }
.asking { grid-area: 1 / 2 / span 2; align-self: start; position: sticky; top: 0; max-height: 100vh; overflow: auto; padding: 2px; }
fieldset { border: 0; border-top: 1px solid var(--rule); margin: 0 0 1rem; padding: 0.25rem 0 0; min-width: 0;
  display: flex; flex-wrap: wrap; gap: 0.375rem 1rem; }
legend { font-weight: 600; padding: 0 0.5rem 0 0; }
.stories { border: 0; gap: 0.375rem; margin: 1.25rem 0 0; }
.stories button { border-radius: 1rem; padding: 0.25rem 0.875rem; border-color: var(--rule); }
.stories [aria-pressed="true"] { background: var(--mark); border-color: var(--ink); }
#flags fieldset { display: grid; grid-template-columns: repeat(auto-fill, minmax(4rem, 1fr)); }
#flags fieldset:has([name^="CLONE"]) { grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr)); }
#flags label { font: 0.8125rem var(--mono); min-width: 3.75rem; }
input:not([type]), textarea { font: 0.8125rem var(--mono); color: inherit; background: transparent; border: 1px solid var(--rule); border-radius: 4px; }
input:not([type]) { width: 10.5rem; padding: 0.0625rem 0.375rem; }
textarea { width: 100%; padding: 0.5rem; }
[aria-invalid] { border-color: var(--bad) !important; outline: 1px solid var(--bad); }
.words table { width: 100%; }
.words td:last-child { white-space: normal; width: 100%; }
.words tr:not(.changed) { color: var(--soft); }
.changed th { font-weight: 700; }
.changed input { background: var(--mark); border-color: transparent; }
fieldset label { max-width: 100%; }
#guess { display: grid; gap: 0.375rem; }
#verdict { list-style: none; padding: 0; }
#verdict .right { color: var(--good); }
.code td:last-child { width: 100%; color: var(--link); }
.code .filler { color: var(--soft); }
#ask { display: block; width: 100%; font-size: 1.125rem; font-weight: 600; padding: 0.625rem; color: var(--paper);
  background: var(--link); border-color: transparent; border-radius: 6px; cursor: pointer; }
.answer { border: 1px solid var(--rule); border-radius: 6px; padding: 0.25rem 1rem; margin: 0.75rem 0 1rem; }
.sentence { scroll-margin: 1rem; font-size: 1.25rem; line-height: 1.4; font-weight: 600; }
.answer h2 { border: 0; margin: 1rem 0 0; }
.answer dd { font-family: var(--mono); font-size: 0.8125rem; }
.answer ol { list-style: none; padding: 0; margin: 0 0 0.5rem; }
.answer ol > li { display: grid; grid-template-columns: 3rem minmax(0, 1fr); margin-top: 0.625rem; }
.answer li b { font: 600 0.8125rem/1.6 var(--mono); }
.answer li a:not([href]) { color: var(--soft); }
.answer li a { display: block; width: fit-content; font-size: 0.75rem; }
@media (max-width: 60rem) { .columns { display: block; } .asking { position: static; max-height: none; } }
@media screen and (max-width: 60rem) {
  /* While one edits, the answer stays at the edge of the window. */
  .asking:has(#guess[hidden]) { position: sticky; bottom: 0; max-height: 40vh; display: flex; flex-direction: column; z-index: 1; background: var(--paper); border-block: 2px solid var(--rule); }
  .asking > * { flex: none; }
  .asking .answer { order: -1; margin-top: 0; }
  html:has(#guess[hidden]) { scroll-padding-block: 42vh; }
}
@media (max-width: 40rem) { .words :is(th, td) { padding-right: 0.5rem; } }
`;
