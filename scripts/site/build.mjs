// Builds the site into build/site/, or into a folder that is named: docs/ in the order of its index, the reference of the library
// from its declarations, data that no page of docs/ has, and the lessons, recorded on this machine. It is plain files with
// relative links, which work from a disk and under any address.

import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { publishLessons, recordLessons } from "./lessons.mjs";
import { stagePages } from "./pages.mjs";
import { renderSite } from "./render.mjs";

const HELP = `usage: npm run site -- [--base URL] [folder]

Builds the site into a folder, by default build/site.

  --base URL  where it will be published: links to its pages show a picture
  --help      print this`;

const { homepage } = JSON.parse(readFileSync("package.json", "utf8"));
const options = { help: { type: "boolean" }, base: { type: "string", default: homepage } };
const { values, positionals } = parseArgs({ options, allowPositionals: true });
const { help, base } = values;
if (help) console.log(HELP);
else if (base !== "" && !(/^https?:\/\//.test(base) && URL.canParse(base))) {
  console.error(`--base: expected an address such as https://example.org/stublab, got "${base}"`);
  process.exitCode = 2;
} else await build(positionals[0] ?? "build/site", base);

async function build(site, base) {
  const lessons = recordLessons();
  await renderSite(site, await stagePages(lessons), { hasLessons: lessons.length > 0, base });
  if (lessons.length > 0) await publishLessons(site, base);
  console.log(`the site is in ${site}`);
}
