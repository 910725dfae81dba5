// Builds all that this machine needs into dist/, and with --complete all that a package has. A target is rebuilt only if its
// sources have changed.

import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { writeBindings } from "./bindings.mjs";
import { writeCalls } from "./calls.mjs";
import { HOST, MACHINES, MODELLESS, OTHER } from "./compilers.mjs";
import { writeExplainTexts } from "./explain.mjs";
import { buildLessonTexts } from "./lessons.mjs";
import { buildBench, buildGuard, buildNatives, buildShims } from "./libraries.mjs";
import { buildListing } from "./listing.mjs";
import { buildModules } from "./modules.mjs";
import { buildPackage } from "./package.mjs";
import { buildProbe, translateModules } from "./probe.mjs";
import { writeRecords } from "./records.mjs";
import { writeRules } from "./rules.mjs";
import { writeTaskRecords } from "./task_records.mjs";

process.chdir(dirname(dirname(fileURLToPath(import.meta.url))));
mkdirSync("dist", { recursive: true });
mkdirSync("build", { recursive: true });
try {
  await writeRecords();
  await writeRules();
  await writeTaskRecords();
  await writeCalls();
  await writeExplainTexts();
  await writeBindings();
  await buildLessonTexts();
  // The compiler of the modules blocks this thread, but not the C compilers.
  await Promise.all([buildShims(HOST), buildModules(HOST)]);
  await Promise.all([translateModules(HOST), buildShims(OTHER), buildModules(OTHER)]);
  await Promise.all([
    ...[buildPackage(), buildBench(), translateModules(OTHER)],
    ...MACHINES.flatMap((machine) => [
      ...[buildListing(machine), buildNatives(machine), buildGuard(machine)],
    ]),
    buildProbe(HOST),
  ]);
  await buildProbe(OTHER);
  for (const machine of MODELLESS) {
    await buildModules(machine);
    await translateModules(machine);
    await buildProbe(machine);
  }
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
