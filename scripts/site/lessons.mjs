// The lessons to walk through, and the pages of registers and schedules, as a part of the site.

import { spawnSync } from "node:child_process";
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const RECORDED = "build/site_lessons";
/** What is drawn: pictures of lessons, and the other pages themselves. */
const DRAWN = /\.svg$|^(protocol|registers)\.html$/;
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** Above the header of each page: the other parts of the site. */
const LINKS = `<nav class="course" aria-label="Site"><a href="../index.html"><span>stublab</span></a>
<a href="index.html"><span>Lessons</span></a> <a href="registers.html"><span>Registers</span></a>
<a href="protocol.html"><span>Who runs next?</span></a>
<a href="../docs/README.html"><span>Documents</span></a></nav>`;

/** Records the lessons, and makes their pages. @returns the files of the pages; none if this machine cannot */
export function recordLessons() {
  rmSync(RECORDED, { recursive: true, force: true });
  const words = ["dist/cli.js", "lesson", "--pages", RECORDED];
  const { status, stderr } = spawnSync(process.execPath, words, { encoding: "utf8" });
  if (status === 0) return pagesIn(RECORDED);
  console.error(`the site has no lessons to walk through: ${stderr}`);
  return [];
}

const pagesIn = (folder) => readdirSync(folder).filter((name) => name.endsWith(".html"));

/** Adds them to a site, with pictures, which links show by an address: a complete one if `base` begins it. */
export async function publishLessons(site, base) {
  const folder = join(site, "lessons");
  cpSync(RECORDED, folder, { recursive: true });
  await drawPictures(folder);
  for (const name of pagesIn(folder)) {
    const path = join(folder, name);
    const address = base === "" ? name : new URL(relative(site, path), `${base}/`).href;
    const page = readFileSync(path, "utf8");
    const [, drawn = name] = /"og:image" content="(.*?)"/.exec(page) ?? [];
    const picture = drawn.replace(/\.\w+$/, ".png");
    const image = `\n<meta property="og:image" content="${address.replace(/[^/]*$/, picture)}">`;
    const isDrawn = existsSync(join(folder, picture));
    const canonical = base === "" ? "" : `<link rel="canonical" href="${address}">\n`;
    const published = page
      .replace(/\n<meta property="og:image".*/, "")
      .replace(/\n<meta property="og:description".*/, `$&${isDrawn ? image : ""}`)
      .replace("<title>", `${canonical}$&`)
      .replace("<header>", `${LINKS}\n$&`);
    writeFileSync(path, published);
  }
}

/** Draws PNG files, if there is a Chromium. */
async function drawPictures(folder) {
  if (!existsSync(CHROMIUM)) {
    console.error(`links to lessons have no picture: there is no ${CHROMIUM} (set CHROMIUM)`);
    return;
  }
  const { default: puppeteer } = await import("puppeteer-core");
  const browser = await puppeteer.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
  const page = await browser.newPage();
  await page.setViewport({ width: 1200, height: 630 });
  for (const name of readdirSync(folder).filter((file) => DRAWN.test(file))) {
    await page.goto(pathToFileURL(resolve(folder, name)).href);
    if (name.endsWith(".html")) await page.waitForSelector("form:not([hidden])");
    await page.screenshot({ path: join(folder, name.replace(/\.\w+$/, ".png")) });
  }
  await browser.close();
}
