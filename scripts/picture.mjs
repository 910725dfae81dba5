// `npm run docs:picture`: records a lesson on this machine, and draws moments of it into docs/stage.svg, an animation.

import { writeFileSync } from "node:fs";
import { recordLesson } from "../dist/record.js";
import { jsonLines, loadTables } from "./sources.mjs";

const RECORD = "src/labs/record";
const {
  Annotator,
  BASE_STYLE,
  drawStage,
  Moments,
  openAssemblyEncoder,
  STAGE_STYLE,
  stageAt,
  toMarkup,
} = await loadTables([
  ...["src/core/encoder/assembly.ts", "src/lib/page/style.ts"],
  ...["annotate", "moment", "stage/stage", "stage/style", "stage/svg"].map(
    (name) => `${RECORD}/${name}.ts`,
  ),
]);

/** The beginnings of titles of steps, each the first such step after the one before, and their captions. */
const STORY = jsonLines("scripts/picture.jsonl");
/** The moment that is shown without animation. */
const STILL = 2;
/** How long each moment is shown. */
const SECONDS = 4;
const [WIDTH, HEIGHT, TOP] = [1000, 384, 56];

const recording = await recordLesson("grandchild");
const moments = new Moments(recording);
const annotator = new Annotator(moments, openAssemblyEncoder(recording.machine.arch).constants);
let at = -1;
const frames = STORY.map(({ begin, said }, i) => {
  at = recording.steps.findIndex(({ title }, step) => step > at && title.startsWith(begin));
  if (at < 0) throw new Error(`the lesson has no step "${begin}…"`);
  const stage = drawStage(stageAt(moments, annotator, at), { width: WIDTH - 40 });
  const { viewBox } = stage.attributes;
  const [, , width, height] = viewBox.split(" ");
  const attributes = { class: "stage", viewBox, x: 20, y: TOP, width, height };
  const drawn = toMarkup({ ...stage, attributes }).markup;
  const delay = `style="--delay: ${i * SECONDS}s"`;
  const still = i === STILL ? " still" : "";
  const number = `<text class="number" x="${WIDTH - 32}" y="${HEIGHT - 22}">${i + 1} of ${STORY.length}</text>`;
  return `<g class="moment${still}" ${delay}><text class="said" x="32" y="46">${said}</text>${drawn}${number}</g>`;
});

const whole = SECONDS * frames.length;
const share = (seconds) => `${((100 * seconds) / whole).toFixed(2)}%`;
const style = `${BASE_STYLE}${STAGE_STYLE}
.said { font: 600 21px system-ui, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", sans-serif; fill: var(--ink); }
.number { font: 13px system-ui, sans-serif; fill: var(--soft); text-anchor: end; }
.card { fill: var(--paper); stroke: var(--rule); }
.moment:not(.still) { opacity: 0; }
.stage :is(.new, .changed .back) { animation: none; }
@media (prefers-reduced-motion: no-preference) {
  .moment { animation: moment ${whole}s var(--delay) infinite both; }
  .stage .moving { animation: travel ${whole}s var(--delay) infinite both; }
}
@keyframes moment {
  from { opacity: 0; } ${share(0.3)}, ${share(SECONDS)} { opacity: 1; } ${share(SECONDS + 0.3)}, to { opacity: 0; }
}
@keyframes travel {
  from, ${share(0.4)} { transform: translate(-1px, -1px); opacity: 0; } ${share(0.6)} { opacity: 1; } ${share(1.6)}, to { transform: none; }
}`;
writeFileSync(
  process.argv[2] ?? "docs/stage.svg",
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}">
<style>${style.replace(/\s+/g, " ")}</style>
<rect class="card" x="1" y="1" width="${WIDTH - 2}" height="${HEIGHT - 2}" rx="12"/>
${frames.join("\n")}
</svg>
`,
);
