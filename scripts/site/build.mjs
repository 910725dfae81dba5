// Builds the site into build/site/, or into a folder that is named: docs/ in the order of its index, the reference of the library
// from its declarations, data that no page of docs/ has, and the lessons, recorded on this machine. It is plain files with
// relative links, which work from a disk and under any address.

import { readFileSync } from "node:fs";
import { publishLessons, recordLessons } from "./lessons.mjs";
import { stagePages } from "./pages.mjs";
import { renderSite } from "./render.mjs";

const site = process.argv[2] ?? "build/site";
const { homepage } = JSON.parse(readFileSync("package.json", "utf8"));
const hasLessons = recordLessons();
await renderSite(site, await stagePages(), hasLessons);
if (hasLessons) publishLessons(site, homepage);
console.log(`the site is in ${site}`);
