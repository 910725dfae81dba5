/** What the page of schedules has beyond the base. */
export const PROTOCOL_STYLE = `
body { max-width: 100rem; padding-inline: clamp(0.75rem, 2vw, 2rem); }
h1 { font-size: clamp(1.5rem, 1rem + 1.6vw, 2rem); line-height: 1.2; letter-spacing: -0.015em; }
.course { margin: 0 0 0.5rem; }
.lead { max-width: 64rem; color: var(--soft); margin: 0.25rem 0 0.75rem; text-wrap: pretty; }
fieldset { border: 0; border-top: 1px solid var(--rule); margin: 0 0 0.75rem; padding: 0.25rem 0 0; min-width: 0; display: grid; gap: 0.25rem; }
legend { font-weight: 600; padding: 0 0.5rem 0 0; }
.stories { display: flex; flex-wrap: wrap; border: 0; gap: 0.375rem; padding: 0; }
.stories button { border-radius: 1rem; padding: 0.25rem 0.625rem; border-color: var(--rule); font-size: 0.8125rem; }
.stories [aria-pressed="true"] { background: var(--mark); border-color: var(--ink); }
.stories .done::before { content: "✓ "; color: var(--good); }
.columns { display: grid; gap: 0 2rem; grid-template: "about" auto "middle" auto "verdicts" auto "choices" auto / minmax(0, 1fr); }
.about { grid-area: about; font-size: 1.0625rem; line-height: 1.6; margin: 0 0 0.75rem; }
.choices { grid-area: choices; border: 0; padding: 0; align-content: start; } .middle { grid-area: middle; min-width: 0; } .verdicts { grid-area: verdicts; }
.choices label { display: block; padding-left: 1.5rem; text-indent: -1.5rem; }
.choices > label { padding: 0; text-indent: 0; margin-bottom: 0.75rem; }
.choices small { display: block; padding-left: 1.5rem; text-indent: 0; line-height: 1.3; }
#theatre { border: 1px solid var(--rule); border-radius: 12px; padding: 8px; }
.still .stage * { animation: none !important; }
.moves { display: flex; flex-wrap: wrap; align-items: center; border: 0; margin: 0.5rem 0; padding: 0; }
.moves button { min-width: 2.25rem; height: 2.25rem; border-color: var(--rule); border-radius: 6px; }
#place { min-width: 5rem; text-align: center; font-variant-numeric: tabular-nums; font-weight: 600; }
#step h2 { margin: 0.75rem 0 0.25rem; border: 0; padding: 0; }
#step p { margin: 0.125rem 0; }
#step ul { list-style: none; margin: 0.375rem 0; padding: 0; }
#step li { display: grid; grid-template-columns: 2.75rem minmax(0, 1fr); }
#step li b { font: 600 0.8125rem/1.6 var(--mono); }
#turns { display: flex; flex-wrap: wrap; gap: 0.375rem; }
#turns button { display: flex; align-items: baseline; gap: 0.5rem; text-align: left; padding: 0.25rem 0.625rem; border-color: var(--rule); border-radius: 8px; font: 0.8125rem/1.5 var(--mono); }
#turns [aria-current] { border-color: var(--link); }
kbd { font: 0.75rem/1.3 var(--mono); color: var(--soft); border: 1px solid var(--rule); border-radius: 3px; padding: 0 0.3rem; }
#steps { padding-left: 2rem; font: 0.8125rem/1.6 var(--mono); }
#steps button { vertical-align: top; font: inherit; background: none; border: 0; padding: 0 0.25rem; text-align: left; }
#steps [aria-current] button { background: var(--mark); border-radius: 4px; }
#steps small { display: block; padding-left: 1.25rem; }
.verdicts h2 { margin-top: 0; }
#properties { padding-left: 1.25rem; margin: 0.5rem 0; }
#properties li { margin: 0.375rem 0; }
#properties li::marker { content: "○ "; }
#properties button { display: block; margin-top: 0.125rem; font-size: 0.8125rem; }
#properties .held::marker { color: var(--good); content: "✓ "; }
#properties .broken { font-weight: 600; color: var(--bad); } #properties .broken::marker { content: "✗ "; }
.stale #properties { opacity: 0.5; }
#show { color: var(--paper); background: var(--link); border-color: transparent; border-radius: 6px; padding: 0.25rem 0.875rem; font-weight: 600; cursor: pointer; }
@media (min-width: 64rem) {
  .columns { grid-template: "choices about verdicts" auto "choices middle verdicts" 1fr / 15.5rem minmax(0, 1fr) 17rem; }
}
`;
