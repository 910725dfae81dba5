/** What the page of a comparison has beyond the base. */
export const COMPARE_STYLE = `
.kicker { margin: 0 0 0.25rem; color: var(--soft); }
.statements { list-style: none; padding: 0; margin: 0.5rem 0; }
.statements li { padding-left: 1.5rem; text-indent: -1.5rem; }
.sign:is(.differs, .breaks) { color: var(--bad); }
.sign.agrees { color: var(--good); }
.sign { display: inline-block; width: 1.5rem; text-indent: 0; font-family: var(--mono); font-weight: 600; }
nav ul { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: 0.125rem 1.25rem; }
td.differs { color: var(--bad); background: var(--bad-band); font-weight: 600; }
td.differs a { color: inherit; }
.matrix :is(th, td) { padding-inline: 0.5rem; }
.matrix tr > :first-child { padding-left: 0; position: sticky; left: 0; background: var(--paper); }
.matrix :is(th[scope="col"], td):not(:first-child) { text-align: right; }
.matrix th[scope="row"] { max-width: 16rem; white-space: normal; }
.matrix th[scope="rowgroup"] { padding-top: 0.375rem; font-family: inherit; color: var(--soft); }
.told { white-space: normal; min-width: 14rem; }

#filter { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0.5rem 1rem; margin: 0.75rem 0; }
#filter p { margin: 0; }
article { margin: 0.75rem 0; padding: 0.375rem 0.75rem 0.5rem; border: 1px solid var(--rule); border-radius: 3px; }
article:target { border-color: var(--link); box-shadow: 0 0 0 1px var(--link); }
.head { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 1.5rem; margin-bottom: 0.25rem; }
.head > :last-child { margin-left: auto; }
article :is(h3, h4) { margin: 0; font-size: 0.8125rem; min-width: 0; overflow-wrap: anywhere; }
article :is(h3, h4) a { color: inherit; text-decoration: none; }
article :is(h3, h4) a::after { content: " #" / ""; color: var(--soft); font-weight: 400; }
article :is(h3, h4) a:hover { text-decoration: underline; }
.first { margin: 0; color: var(--bad); }
article dl { display: grid; grid-template-columns: 8.5rem minmax(0, 1fr); gap: 0 0.75rem; margin: 0; }
article dt { color: var(--soft); font-family: var(--mono); font-size: 0.8125rem; overflow-wrap: anywhere; }
article dd { margin: 0; min-width: 0; }
.bytes { display: inline-block; min-width: 24ch; white-space: pre; }
.words > code { margin-right: 1ch; }
mark { background: var(--mark); color: inherit; font-weight: 600; text-decoration: underline; }
@media print {
  article a::after { content: none !important; }
}
@media (max-width: 40rem) {
  body { padding-inline: 0.75rem; }
  article { padding-inline: 0.5rem; }
  article dl { grid-template-columns: 6.5rem minmax(0, 1fr); gap: 0 0.5rem; }
}
`;
