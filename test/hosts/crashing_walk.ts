// Walks through a recording, and crashes on request.

import { loadRecording } from "../../src/labs/record/index.ts";
import { walkThrough } from "../../src/labs/record/terminal/session.ts";

process.on("SIGUSR2", () => {
  throw new Error("on purpose");
});
const [, , file = ""] = process.argv;
const { stdin, stdout } = process;
await walkThrough(loadRecording(file), {
  input: stdin,
  output: stdout,
  at: -1,
  seed: 0,
  tasks: [],
});
