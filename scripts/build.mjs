// Builds everything into dist/. A target is rebuilt only if its sources have changed.

import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { buildBench } from "./bench.mjs";
import { writeBindings } from "./bindings.mjs";
import { buildLibraries } from "./libraries.mjs";
import { buildListings } from "./listing.mjs";
import { buildModules } from "./modules.mjs";
import { buildLessons, buildPackage } from "./package.mjs";
import { buildProbes } from "./probe.mjs";
import { writeRecords } from "./records.mjs";

process.chdir(dirname(dirname(fileURLToPath(import.meta.url))));
mkdirSync("dist", { recursive: true });
mkdirSync("build", { recursive: true });
try {
  await writeRecords();
  await writeBindings();
  await buildModules();
  await buildLibraries();
  await buildListings();
  await buildLessons();
  await buildPackage();
  await buildBench();
  await buildProbes();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
