/** The style of stages. What is more than colours and weights is in the drawing itself. */
export const STAGE_STYLE = `
:root { --next: #4a8fe033; }
.stage { --run: #1a7a48; --run-fill: #e9f6ee; --stop: #2c5cb0; --stop-fill: #eaf0fb; --wait: #975300;
  --end: #5d6267; --end-fill: #f0f0f1; --edge: #4a5057; display: block; width: 100%; height: auto; font: 12.5px var(--mono); }
@media screen and (prefers-color-scheme: dark) {
  .stage { --run: #5cc48d; --run-fill: #15281d; --stop: #86aef2; --stop-fill: #182236; --wait: #e8ac57;
    --end: #9a9ea4; --end-fill: #222427; --edge: #a9afb6; }
}
.stage .s-R { --own: var(--run); --own-fill: var(--run-fill); }
.stage :is(.s-t, .s-T) { --own: var(--stop); --own-fill: var(--stop-fill); --dash: 8 3; } .stage .s-T { --dash: 3 3; }
.stage :is(.s-Z, .s-X) { --own: var(--end); --own-fill: var(--end-fill); --dash: 1 3; }
.stage :is(.tracer, .request) { --way: var(--stop); }
.stage .signal { --way: var(--bad); } .stage .wait { --way: var(--wait); }

.stage :is(.name, .state, .meaning, .label, .more, .title) { font: 12px system-ui, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", sans-serif; }
.stage .name { font-size: 15.5px; font-weight: 650; }
.stage .name:is(.p0, .p1, .p2, .p3, .p4, .p5) { font-size: 11px; text-anchor: middle; fill: currentColor; }
.stage :is(.pid, .meaning, .more, .title) { text-anchor: end; } .stage .label { text-anchor: middle; }
.stage .state { fill: var(--own, var(--soft)); font-weight: 600; }
.stage text { fill: var(--ink); }
.stage :is(.pid, .more, .edge .label), .stage :is(.word, .code, .executed) :is(.term, .meaning), .stage :is(.code, .executed) .value { fill: var(--soft); }
.stage :is(.changed, .next) .value { font-weight: 650; }

.stage .frame { fill: var(--own-fill, var(--paper)); stroke: var(--own, var(--soft)); stroke-width: 1.5; stroke-dasharray: var(--dash); rx: 10px; }
.stage .acts .frame { stroke-width: 3; }
.stage .s-X :is(.frame, .dot) { stroke: none; opacity: 0.6; }
.stage .around { fill: none; stroke: var(--edge); opacity: 0.6; rx: 14px; }
.stage .back { fill: none; rx: 4px; }
.stage .changed .back { fill: var(--mark); } .stage .next .back { fill: var(--next); }
.stage .bars { stroke: var(--own, var(--edge)); fill: none; } .stage .gone { opacity: 0.2; }
.stage .dot { fill: currentColor; }

.stage .line { fill: none; stroke: var(--way, var(--edge)); stroke-width: 1.75; } .stage .head { fill: var(--way, var(--edge)); }
.stage .tracer .line { stroke-dasharray: 1.5 4.5; stroke-linecap: round; stroke-width: 2; } .stage .move .line { stroke-width: 2.25; }
.stage .past { opacity: 0.4; }
.stage :is(.edge .label, .title) { paint-order: stroke; stroke: var(--paper); stroke-width: 6px; } .stage .edge .label { transform: translateY(4px); }
.stage .tag { rx: 10px; fill: var(--paper); stroke: var(--way, var(--edge)); }
.stage .moving .label { font-size: 11px; }
@media (prefers-reduced-motion: no-preference) {
  .stage .moving { animation: stage-travel 1.2s ease-in-out both; } .stage .new { animation: stage-appear 0.4s 0.5s both; }
  .stage .changed .gone { animation: stage-vanish 1.5s 0.7s both; }
  .stage .changed .back { animation: stage-appear 0.4s 0.7s both; }
}
@keyframes stage-travel {
  from { transform: translate(-1.6px, -1.6px); } 60% { transform: translate(1.6px, 1.6px); opacity: 1; } 61% { transform: none; opacity: 0; }
}
@keyframes stage-vanish { from { opacity: 1; } to { opacity: 0.2; } }
@keyframes stage-appear { from { opacity: 0; } }
`;
