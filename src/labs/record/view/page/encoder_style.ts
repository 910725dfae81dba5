/** What the page of the encoder has beyond the base. */
export const ENCODER_STYLE = `
h1 { font-size: clamp(1.5rem, 1rem + 1.6vw, 2.125rem); line-height: 1.2; letter-spacing: -0.015em; }
.lead { font-size: 1.0625rem; line-height: 1.6; max-width: 42rem; }
.encoder { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1.1fr); gap: 0 3rem; align-items: start; margin-top: 1.5rem; }
fieldset { border: 1px solid var(--rule); border-radius: 6px; margin: 0 0 1rem; padding: 0.5rem 1rem 0.75rem; min-width: 0; }
legend { font-weight: 600; padding: 0 0.25rem; }
input[type="text"] { font: 0.8125rem var(--mono); color: inherit; background: var(--paper); border: 1px solid var(--soft); border-radius: 4px;
  padding: 0.1875rem 0.5rem; width: 9.5rem; max-width: 100%; }
input[readonly] { background: var(--band); }
input[aria-invalid] { border-color: var(--bad); outline: 1px solid var(--bad); }
input[name="parent"] { width: 7rem; }
fieldset p { margin: 0.375rem 0 0; }
.arguments { display: grid; grid-template-columns: repeat(auto-fill, minmax(13.5rem, 1fr)); gap: 0.375rem 1rem; margin-top: 0.5rem; }
.arguments > div { display: flex; align-items: baseline; gap: 0.5rem; }
.arguments label { width: 3rem; flex: none; }
.flags { display: grid; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); gap: 0.125rem 1rem; }
#encoder-status { font-weight: 600; margin-top: 0; }
mark { background: var(--mark); color: inherit; font-weight: 600; border-radius: 2px; }
.registers { width: 100%; }
.registers tr:not(.changed) > * { color: var(--soft); }
tr.changed > th { font-weight: 600; }
.bits { white-space: normal; min-width: 4rem; }
@media (max-width: 64rem) { .encoder { grid-template-columns: minmax(0, 1fr); } }
@media (max-width: 40rem) {
  th, td { padding-right: 0.75rem; }
  .registers :is(.before, th:nth-child(2)):not([scope="row"]) { display: none; }
}
`;
