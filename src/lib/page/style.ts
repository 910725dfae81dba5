/** The style of all pages, for light and dark screens, paper, and windows of 400 pixels. */
export const BASE_STYLE = `
:root {
  color-scheme: light dark;
  --paper: #fff; --ink: #1a1c1e; --soft: #565c62; --rule: #d9dcdf; --band: #f5f6f7;
  --link: #0b55a0; --bad: #a11d14; --bad-band: #fcebe9; --good: #1b6532; --mark: #ffdf7e;
  --p0: #3d4a57; --p1: #0b57a8; --p2: #9a4600; --p3: #6a30ae; --p4: #0b6a4b; --p5: #a3125b;
  --mono: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --paper: #131517; --ink: #dee1e4; --soft: #9da4ab; --rule: #31363b; --band: #1b1e21;
    --link: #86b9f2; --bad: #ff9087; --bad-band: #37201f; --good: #7fd19b; --mark: #6a5200;
    --p0: #b9c6d3; --p1: #82bafa; --p2: #f0a765; --p3: #c9a8f8; --p4: #74d3a9; --p5: #f597c4;
  }
}
*, ::before, ::after { box-sizing: border-box; }
html { background: var(--paper); color: var(--ink); scroll-padding-top: 1rem; }
body { max-width: 74rem; margin: 0 auto; padding: 1.25rem 1rem 4rem;
  font: 0.875rem/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", sans-serif;
  overflow-wrap: break-word; font-variant-ligatures: none; }
[hidden] { display: none !important; }
h1, h2, h3 { line-height: 1.3; margin: 0; font-weight: 600; }
h1 { font-size: 1.375rem; }
h2 { font-size: 1.0625rem; margin-top: 2.5rem; padding-bottom: 0.25rem; border-bottom: 1px solid var(--rule); }
h3 { font-size: 0.9375rem; margin-top: 1.5rem; }
p, ul, dl { margin: 0.5rem 0; }
ul { padding-left: 1.25rem; }
a { color: var(--link); text-underline-offset: 0.15em; }
code, .mono { font-family: var(--mono); font-size: 0.8125rem; overflow-wrap: anywhere; }
small, .soft { color: var(--soft); font-size: 0.8125rem; font-weight: 400; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
main:focus { outline: none; }

.skip { position: absolute; left: 0; top: 0; padding: 0.5rem 1rem; background: var(--paper); z-index: 1; }
.skip:not(:focus) { clip-path: inset(50%); width: 1px; height: 1px; padding: 0; overflow: hidden; }
.unseen { position: absolute; width: 1px; height: 1px; margin: 0; overflow: hidden;
  clip-path: inset(50%); white-space: nowrap; }
/* An escape for an invisible character. */
i { font-style: normal; color: var(--soft); border: 1px solid; border-radius: 2px; padding: 0 1px; unicode-bidi: isolate; }
/* One colour for each process. */
.p0 { color: var(--p0); } .p1 { color: var(--p1); } .p2 { color: var(--p2); }
.p3 { color: var(--p3); } .p4 { color: var(--p4); } .p5 { color: var(--p5); }
.cut, .left-out { color: var(--soft); }
.bad { color: var(--bad); }

.scroll { position: relative; overflow-x: auto; margin: 0.75rem 0; }
table { border-collapse: separate; border-spacing: 0; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding-bottom: 0.125rem; font-weight: 600; }
th, td { padding: 0.125rem 1rem 0.125rem 0; text-align: left; vertical-align: baseline; font-weight: 400; }
thead th { color: var(--soft); vertical-align: bottom; }
thead > tr:last-child > * { border-bottom: 1px solid var(--rule); }
th[scope="row"], td { font-family: var(--mono); font-size: 0.8125rem; white-space: nowrap; }
.n { text-align: right; }

.facts { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 0.125rem 1rem; }
.facts > dt { color: var(--soft); }
.facts > dd { margin: 0; min-width: 0; }

.command { display: flex; align-items: baseline; gap: 0.75rem; }
.command > code { min-width: 0; }
.command > code > span { display: inline-block; max-width: 100%; }
button, select { font: inherit; color: inherit; background: var(--band); border: 1px solid var(--soft);
  border-radius: 4px; padding: 0.0625rem 0.5rem; max-width: 100%; }
button:hover, select:hover { border-color: var(--ink); }
.course { display: flex; flex-wrap: wrap; gap: 0.25rem 1.5rem; margin-bottom: 1.25rem; font-size: 0.8125rem; }
.course a { color: var(--soft); text-decoration: none; }
.course a:hover span { text-decoration: underline; }
.course [rel="next"] { margin-left: auto; }
.command > button { flex: none; font-size: 0.75rem; }

@media (prefers-reduced-motion: no-preference) { html { scroll-behavior: smooth; } }
@media print {
  :root { color-scheme: light; }
  html { font-size: 10pt; }
  body { max-width: none; padding: 0; }
  .skip, nav, form, button { display: none !important; }
  .scroll { overflow: visible; }
  th, td { white-space: normal !important; padding-inline: 0 0.375rem !important;
    font-size: 0.6875rem !important; }
  th[scope="row"] { overflow-wrap: anywhere; }
  a { color: inherit; }
  h2, h3, caption { break-after: avoid; }
  tr, article { break-inside: avoid; }
  mark, i { print-color-adjust: exact; }
}
`;
