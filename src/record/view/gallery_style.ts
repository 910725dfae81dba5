/** What a gallery has beyond every page. */
export const GALLERY_STYLE = `
.lessons { list-style: none; padding: 0; display: grid; gap: 2rem; margin-top: 1rem; }
.lessons > li { display: grid; grid-template-columns: minmax(0, 20rem) minmax(0, 1fr); gap: 0.5rem 1.5rem; align-items: start; }
.lessons h3 { margin: 0; }
.lessons p { margin: 0.375rem 0; max-width: 44rem; }
.thumbnail { display: block; width: 100%; background: var(--band); border: 1px solid var(--rule); border-radius: 3px; }
.thumbnail text { font-size: 10px; fill: var(--soft); text-anchor: end; }
.thumbnail path { fill: none; stroke: var(--soft); }
.thumbnail .life { stroke: var(--rule); stroke-width: 2; }
.thumbnail .syscall, .thumbnail .ptrace { stroke: var(--bar); stroke-width: 1.5; }
.thumbnail .signal, .thumbnail .stop { fill: var(--ink); stroke: none; }
.thumbnail .exit { stroke: var(--bad); stroke-width: 1.5; }
.thumbnail .arrow { stroke: var(--ink); stroke-width: 0.75; }
@media (max-width: 40rem) { .lessons > li { grid-template-columns: minmax(0, 1fr); } }
@media print { .lessons > li { break-inside: avoid; } }
`;
