import { openAssemblyEncoder } from "../../../src/core/encoder/assembly.ts";
import { Annotator } from "../../../src/labs/record/annotate.ts";
import { refusalOf } from "../../../src/labs/record/course.ts";
import { LESSONS } from "../../../src/labs/record/index.ts";
import { stageAt } from "../../../src/labs/record/stage/stage.ts";
import { STAGE_STYLE } from "../../../src/labs/record/stage/style.ts";
import { drawStage, toMarkup } from "../../../src/labs/record/stage/svg.ts";
import { stepNumber } from "../../../src/labs/record/tell.ts";
import { BASE_STYLE } from "../../../src/lib/page/style.ts";

const stages = suite("stage in a browser");
const test = needs(stages, { chromium: CHROMIUM !== undefined });

const browser = new TestBrowser();
stages.before(() => (CHROMIUM === undefined ? undefined : browser.start()));
stages.after(() => browser.stop());

/** All steps of all lessons, each drawing with the words LESSON STEP as its id. */
async function drawings(width: number): Promise<string> {
  const all = [];
  for (const name of LESSONS.filter((each) => refusalOf(each) === undefined)) {
    const recording = await recordingOf(name);
    const moments = new Moments(recording);
    const { constants } = openAssemblyEncoder(recording.machine.arch);
    const annotator = new Annotator(moments, constants);
    for (const index of recording.steps.keys()) {
      const { markup } = toMarkup(drawStage(stageAt(moments, annotator, index), { width }));
      all.push(markup.replace("<svg", `$& id="${name} ${stepNumber(index)}"`));
    }
  }
  return `<!doctype html><title>stages</title><style>${BASE_STYLE}${STAGE_STYLE}</style>${all.join("")}`;
}

/** The texts that leave their boxes, or whose colour is too near to what is behind them. */
function faults(): string[] {
  const light = (element: Element) => {
    const parts = getComputedStyle(element).fill.match(/[\d.]+/g) ?? [];
    const [r = 0, g = 0, b = 0] = parts.map((part) => (Number(part) / 255) ** 2.2);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
  };
  return [...document.querySelectorAll(".box text")].flatMap((text) => {
    const frame = text.closest(".box")?.querySelector(".frame");
    const back = text.closest(".changed")?.querySelector(".back") ?? frame;
    if (!frame || !back || text.textContent === "") return [];
    const [own, all] = [text.getBoundingClientRect(), frame.getBoundingClientRect()];
    const levels = [light(text), light(back)];
    const contrast = Math.max(...levels) / Math.min(...levels);
    const isIn = own.left >= all.left && own.right <= all.right;
    return isIn && contrast >= 4.5 ? [] : [`${contrast} ${isIn} ${text.textContent}`];
  });
}

/** The labels of lines that overlap a box. */
function overlaps(): string[] {
  return [...document.querySelectorAll("svg")].flatMap((svg) => {
    const boxes = [...svg.querySelectorAll(".box .frame")].map((it) => it.getBoundingClientRect());
    const labels = [...svg.querySelectorAll(":is(.edge, .moving) .label")];
    return labels.flatMap((label) => {
      const { left, right, top, bottom } = label.getBoundingClientRect();
      const isOver = boxes.some(
        (box) => left < box.right && right > box.left && top < box.bottom && bottom > box.top,
      );
      return isOver && label.textContent !== "" ? [`${svg.id}: ${label.textContent}`] : [];
    });
  });
}

for (const scheme of ["light", "dark"] as const) {
  test(`texts stay in their boxes and can be read, ${scheme}`, async () => {
    for (const width of [360, 900]) {
      const file = join(browser.folder, `${width}.html`);
      writeFileSync(file, await drawings(width));
      await browser.show(
        pathToFileURL(file).href,
        { width, scheme },
        async (page, { messages }) => {
          assert.equal(await page.evaluate(faults), []);
          assert.equal(await page.evaluate(overlaps), []);
          assert.equal(messages, []);
        },
      );
    }
  });
}
