// Walks through a recording, and crashes on request.

import { Screen } from "../../src/labs/record/terminal/screen.ts";
import { walkThrough } from "../../src/labs/record/terminal/session.ts";
import { begin } from "../../src/labs/record/terminal/state.ts";

process.on("SIGUSR2", () => {
  throw new Error("on purpose");
});
const [, , file = ""] = process.argv;
const { stdin, stdout } = process;
await walkThrough(begin(loadRecording(file)), new Screen(stdin, stdout));
