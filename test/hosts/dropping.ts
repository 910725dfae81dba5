// Begins a run, takes a finding, and drops it.

import { fuzzFindings } from "../../src/labs/fuzz/index.ts";

const run = fuzzFindings({ cases: 1e12, workers: 2, change: { id: "R12", remove: true } });
const { done } = await run.next();
writeSync(1, done ? "over\n" : "found\n");
