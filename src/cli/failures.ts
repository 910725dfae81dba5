import { tellDiscarded, tellFact } from "../labs/record/fact.ts";
import type { Recording } from "../labs/record/recording.ts";
import { visible } from "../lib/visible.ts";
import { talk } from "./report.ts";

/** Reports why a recording was made again, and each fact that does not hold. Returns the exit status. */
export function reportFailures(recording: Recording, head = ""): 0 | 1 {
  const failed = recording.end.filter(({ held }) => !held);
  const lines = [...tellDiscarded(recording), ...failed.map((fact) => `FAIL ${tellFact(fact)}`)];
  talk(lines.map((line) => `${visible(`${head}${line}`)}\n`).join(""));
  return failed.length === 0 ? 0 : 1;
}
