/** What a gallery has beyond every page. */
export const GALLERY_STYLE = `
body { max-width: 76rem; padding: clamp(1rem, 3vw, 2.5rem) clamp(0.75rem, 2.5vw, 2.5rem) 4rem; }
h1 { font-size: clamp(1.5rem, 1rem + 2vw, 2.375rem); line-height: 1.15; letter-spacing: -0.015em; max-width: 40rem; text-wrap: balance; }
.lead { font-size: 1.0625rem; line-height: 1.6; max-width: 42rem; margin-top: 1rem; }
h2 { font-size: 1.125rem; margin-top: 3rem; }
.lessons { list-style: none; padding: 0; display: grid; gap: 2.25rem; margin-top: 1.5rem; counter-reset: lesson; }
.lessons > li { display: grid; grid-template-columns: minmax(0, 20rem) minmax(0, 1fr); gap: 0.75rem 2rem; align-items: start; }
.lessons h3 { margin: 0; font-size: 1.0625rem; }
.lessons h3 a { text-decoration: none; }
.lessons h3 a:hover { text-decoration: underline; }
.lessons p { margin: 0.375rem 0; max-width: 42rem; text-wrap: pretty; }
.first { font-size: 0.9375rem; line-height: 1.6; }
.thumbnail { display: block; width: 100%; background: var(--band); border-radius: 6px; }
.thumbnail text { font-size: 10px; fill: currentColor; text-anchor: end; }
.thumbnail path { fill: none; stroke: var(--soft); }
.thumbnail path.life { stroke: currentColor; stroke-width: 8; opacity: 0.18; }
.thumbnail .arrow { stroke: var(--ink); stroke-width: 0.75; }
footer { margin-top: 3rem; border-top: 1px solid var(--rule); padding-top: 0.5rem; }
@media (max-width: 40rem) { .lessons > li { grid-template-columns: minmax(0, 1fr); } }
@media print { .lessons > li { break-inside: avoid; } footer { display: none; } }
`;
