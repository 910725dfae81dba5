// The lessons to walk through, and the page of registers, as a part of the site.

import { spawnSync } from "node:child_process";
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";

const RECORDED = "build/site_lessons";

/** Records the lessons, and makes their pages. @returns whether this machine could */
export function recordLessons() {
  rmSync(RECORDED, { recursive: true, force: true });
  const words = ["dist/cli.js", "lesson", "--pages", RECORDED];
  const { status, stderr } = spawnSync(process.execPath, words, { encoding: "utf8" });
  if (status !== 0) console.error(`the site has no lessons to walk through: ${stderr}`);
  return status === 0;
}

/** Adds them to a site. A link to a page shows its picture only by a complete address, which `homepage` begins. */
export function publishLessons(site, homepage) {
  const folder = join(site, "lessons");
  cpSync(RECORDED, folder, { recursive: true });
  if (homepage === "") return;
  for (const name of readdirSync(folder).filter((file) => file.endsWith(".html"))) {
    const path = join(folder, name);
    const address = new URL(relative(site, path), `${homepage}/`).href;
    const page = readFileSync(path, "utf8")
      .replace(/(?<=property="og:image" content=")/, address.replace(/[^/]*$/, ""))
      .replace("<title>", `<link rel="canonical" href="${address}">\n$&`);
    writeFileSync(path, page);
  }
}
