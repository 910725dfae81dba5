// A host that has the kernel judge an encoder: `judging FUNCTION…`. It prints "open" once the judges are open,
// then continues until it is killed; if they cannot be opened, it prints the error's code and exits.

import { StublabError } from "../../src/index.ts";
import { Judges } from "../../src/labs/compare/live/judges.ts";
import { runLive } from "../../src/labs/compare/live/live.ts";
import { localSubject } from "../../src/labs/compare/subject.ts";

const wanted = FUNCTION_NAMES.filter((name) => process.argv.includes(name));
const subjects = [localSubject(openEncoder("assembly", "amd64"))];
const { functions } = await compare({ subjects, seed: 0n, cases: 0, only: wanted });
try {
  const judges = new Judges();
  writeSync(1, "open\n");
  for (let seed = 0n; wanted.length > 0; seed++) {
    await runLive(judges, functions, { seed, cases: 500 });
  }
  judges.close();
} catch (error) {
  if (!(error instanceof StublabError)) throw error;
  writeSync(1, `${error.code}\n`);
}
