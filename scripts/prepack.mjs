// What npm would pack without a word: a package without one of its files, or without the addresses of the project.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname } from "node:path";

const { files, homepage, bugs, repository } = JSON.parse(readFileSync("package.json", "utf8"));

/** Whether a file has this name. Only the last part of a pattern has a `*`. */
function isThere(pattern) {
  const folder = dirname(pattern);
  const [before, after] = basename(pattern).split("*");
  if (after === undefined || !existsSync(folder)) return existsSync(pattern);
  return readdirSync(folder).some((name) => name.startsWith(before) && name.endsWith(after));
}

const missing = files.filter((pattern) => !isThere(pattern));
if (missing.length > 0) {
  console.error(
    `a package without ${missing.join(", ")} is refused: run npm run build -- --complete`,
  );
  process.exitCode = 1;
}
const addresses = { homepage, "bugs.url": bugs?.url, "repository.url": repository?.url };
const empty = Object.keys(addresses).filter((name) => !addresses[name]);
if (empty.length > 0) console.error(`warning: package.json has no ${empty.join(", no ")}`);
