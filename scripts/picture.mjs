// `npm run docs:picture`: records a lesson, and takes the README's picture of it, docs/lesson.webp.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import puppeteer from "puppeteer-core";
import { recordScenario, renderRecordingPage } from "../dist/record.js";

const PICTURE = "docs/lesson.webp";
/** The step at which a new stub compares its parent with the one that it must have. */
const [LANE, TITLE] = ["grandchild", "cmp %r15, %rax"];
/** The window in pixels of the page. The picture has twice as many, and is legible at a width of 800. */
const [WIDTH, HEIGHT] = [980, 692];
/** The part of the window in the picture, which ends between two lines. */
const CLIP = { x: 0, y: 0, width: WIDTH, height: 672 };

async function photograph(url, path, profile) {
  const browser = await puppeteer.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    // Its sandbox refuses to run as root.
    args: ["--no-sandbox", "--disable-crash-reporter"],
    userDataDir: profile,
  });
  try {
    const page = await browser.newPage();
    await page.setViewport({ width: WIDTH, height: HEIGHT, deviceScaleFactor: 2 });
    await page.emulateMediaFeatures([
      { name: "prefers-color-scheme", value: "light" },
      { name: "prefers-reduced-motion", value: "reduce" },
    ]);
    await page.goto(url);
    await page.screenshot({ path, clip: CLIP, type: "webp", quality: 80 });
  } finally {
    await browser.close();
  }
}

const folder = mkdtempSync(join(tmpdir(), "stublab-picture-"));
try {
  const recording = await recordScenario("grandchild");
  const at = recording.steps.findIndex(({ lane, title }) => lane === LANE && title === TITLE);
  if (at < 0) throw new Error(`the recording has no step "${TITLE}" of ${LANE}`);
  const lesson = join(folder, "lesson.html");
  writeFileSync(lesson, renderRecordingPage(recording));
  await photograph(`${pathToFileURL(lesson)}#step=${at + 1}`, PICTURE, join(folder, "profile"));
} finally {
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
}
