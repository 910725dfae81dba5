// Records every lesson on a machine, and prints a line for each: what its facts are, or why it cannot be recorded there.

import { LESSONS, recordLesson } from "stublab/record";

for (const name of LESSONS) console.log(`${name}: ${await record(name)}`);

async function record(name) {
  try {
    const { end } = await recordLesson(name);
    const failed = end.filter(({ held }) => !held);
    const told = failed.map(({ fact, expected, seen }) => `; ${fact}: ${expected}, seen ${seen}`);
    return `${end.length - failed.length} of ${end.length} facts held${told.join("")}`;
  } catch (error) {
    if (error.code === "ERR_STUBLAB_UNSUPPORTED") return `refused, ${error.message}`;
    return `${error.stack}`.replaceAll("\n", "; ");
  }
}
