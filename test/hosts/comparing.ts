// A host that calls an encoder function that never returns: `comparing FILE`. It prints "loops" once its
// child loops.

import { ForeignSubject } from "../../src/labs/compare/foreign.ts";
import { RecordLayout } from "../../src/labs/compare/record.ts";

const [file = ""] = process.argv.slice(2);
const subject = await ForeignSubject.open(file);
const [child] = childrenOf(process.pid).flatMap(childrenOf);
const layout = new RecordLayout("waitValue", 0);
const records = new BigUint64Array(layout.words);
records[0] = 77n;

/** Processor time of the child, in ticks: it grows in a loop. */
function ticks(): number {
  const stat = readFileSync(`/proc/${child}/stat`, "utf8");
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[11]);
}

const before = ticks();
const timer = setInterval(() => {
  if (ticks() < before + 10) return;
  clearInterval(timer);
  console.log("loops");
}, 5);
await subject.run(layout, records);
