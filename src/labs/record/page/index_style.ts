/** What the index has beyond every page. */
export const INDEX_STYLE = `
body { max-width: 80rem; padding: clamp(1.25rem, 4vw, 3.5rem) clamp(1rem, 3vw, 3rem) 4rem; }
h1 { font-size: clamp(1.75rem, 1rem + 3vw, 3rem); line-height: 1.1; letter-spacing: -0.02em; max-width: 22ch; text-wrap: balance; }
.lead { font-size: clamp(1.0625rem, 1rem + 0.4vw, 1.25rem); line-height: 1.6; max-width: 46rem; margin: 1.25rem 0; text-wrap: pretty; }
.start { display: flex; flex-wrap: wrap; align-items: center; gap: 0.75rem 1.5rem; max-width: 52rem; }
.start a { flex: none; font-size: 1.125rem; padding: 0.625rem 1.5rem; border-radius: 8px; background: var(--link); color: var(--paper); text-decoration: none; max-width: 100%; }
.start a:hover { filter: brightness(1.1); }
.start span { flex: 1 1 18rem; }
main h2 { font-size: 1.25rem; margin-top: 3rem; border: 0; }
.lessons { list-style: none; padding: 0; margin: 1rem 0 0; display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr)); gap: 1.25rem; counter-reset: lesson; }
.lessons > li { position: relative; display: flex; flex-direction: column; border: 1px solid var(--rule); border-radius: 10px; padding: 0.75rem 1rem 0.5rem; }
.lessons > li:hover { border-color: var(--link); }
.picture { margin: -0.75rem -1rem 0.75rem; background: var(--band); border-radius: 9px 9px 0 0;
  display: grid; align-items: center; height: 8.5rem; padding: 0.5rem; }
.picture .stage { max-height: 7.5rem; }
header { display: grid; gap: 1rem 3rem; align-items: center; }
.hero { border: 1px solid var(--rule); border-radius: 12px; min-width: 0; } .hero .stage + .stage { display: none; }
.hero .stage :is(.new, .moving, .back) { animation: none; }
@media (prefers-reduced-motion: no-preference) { .seen .stage .moving { animation: hero-travel 4s ease-in-out infinite both; } }
@keyframes hero-travel { from { transform: translate(-1px, -1px); opacity: 0; } 10% { opacity: 1; } 40%, 90% { transform: none; opacity: 1; } to { opacity: 0; } }
@media (min-width: 64rem) { header { grid-template-columns: minmax(0, 1fr) minmax(0, 1.25fr); } .hero { grid-column: span 2; } }
@media (max-width: 40rem) { .hero .stage { display: none; } .hero .stage + .stage { display: block; } }
.lessons h3 { margin: 0; font-size: 1.0625rem; }
.lessons h3 a { color: var(--ink); text-decoration: none; }
.lessons h3 a::after { content: ""; position: absolute; inset: 0; border-radius: 10px; }
.lessons h3 a:hover { text-decoration: underline; }
.lessons p { margin: 0.25rem 0; text-wrap: pretty; }
.lessons p:last-child { margin-top: auto; }
.done .score { color: var(--good); }
.done .score::before { content: "✓ "; }
.more li { margin: 0.375rem 0; font-size: 1rem; }
@media print { .lessons > li { break-inside: avoid; } .start, .more { display: none; } }
`;
