// A worker thread that uses the labs, and reports the warnings of Node.js: about descriptors, for instance, that it closes
// and has not opened.

import { parentPort } from "node:worker_threads";
import { compare, openSubjectsConfined } from "../../src/labs/compare/index.ts";
import { Examiner, parseCase } from "../../src/labs/fuzz/index.ts";

const warnings: string[] = [];
process.on("warning", ({ message }) => warnings.push(message));

for (const name of ["no-setsid", "thread-dies", "cascade"]) await recordLesson(name);
{
  using opened = await openSubjectsConfined(["script", "examples/encoders/encoder.mjs"], ["amd64"]);
  await compare({ ...opened, cases: 1000, live: 3 });
}
{
  using examiner = new Examiner({ change: { id: "R43", remove: true } });
  examiner.minimize(parseCase({ schema: "stublab.case/1", signal: "SIGSEGV" }));
}
// A warning comes in a turn of its own.
await new Promise((resolve) => setImmediate(resolve));
parentPort?.postMessage(warnings);
