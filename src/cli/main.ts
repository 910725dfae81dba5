#!/usr/bin/env node
import { unwritable } from "../lib/folder.ts";
import { endCommand, isForeignCommand } from "../sandbox/channel.ts";
import { runCommandLine } from "./command_line.ts";
import { reportError } from "./report.ts";

// Foreign code may write to the stream. A reader that closes early, such as `head`, is not a failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") endCommand(0);
  reportError(unwritable("standard output", error), false);
  endCommand(1);
});

const status = await runCommandLine(process.argv.slice(2));
process.exitCode = status;
// Do not wait for work that foreign code has left pending.
if (isForeignCommand) process.stdout.write("", () => endCommand(status));
