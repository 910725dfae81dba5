// A fuzzer that a test kills. Arguments: its folder, the number of cases, that of workers, and a rule that its model
// lacks. It reports each round.

import { fuzz } from "../../src/labs/fuzz/fuzz.ts";

const [, , corpus = "", cases = "0", workers = "1", rule] = process.argv;
let done = -1;
const { state } = await fuzz({
  corpus,
  change: rule === undefined ? undefined : { id: rule, remove: true },
  cases: Number(cases),
  workers: Number(workers),
  progress: (progress) => {
    if (progress.cases === done) return;
    done = progress.cases;
    writeSync(1, `${done}\n`);
  },
});
writeSync(1, `over ${state.counts.cases}\n`);
