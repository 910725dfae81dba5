// Runs a developer's command on a machine, in place of /check.

import { spawn } from "node:child_process";
import type { Machine, Places } from "./machines.ts";

const SHELL = "setsid cttyhack sh";
/** The script prints it last; the kernel's last words may follow. */
const STATUS = /@@status (\d+)/;
const LAST = 4096;

/** The /check that runs the command, or a shell if it is empty, in the folder where stublab is installed. */
export function scriptOf(command: string): string {
  return `#!/usr/bin/busybox sh
export PATH=/usr/bin HOME=/tmp
cd /opt/stublab
(
${command || SHELL}
)
echo "@@status $?"
`;
}

/** Prints what the machine prints; returns the exit status of the command. Standard input is the machine's console. */
export function runCommand(machine: Machine, places: Places): Promise<number> {
  const [tool = "", ...args] = machine.command(places, []);
  return new Promise((done, fail) => {
    const child = spawn(tool, args, { stdio: ["inherit", "pipe", "inherit"] });
    process.on("exit", () => child.kill("SIGKILL"));
    let last = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      process.stdout.write(text);
      last = `${last}${text}`.slice(-LAST);
    });
    child.on("error", fail);
    child.on("close", () => {
      const [, status] = STATUS.exec(last) ?? [];
      if (status !== undefined) done(Number(status));
      else fail(new Error(`${machine.name} ended before the command did`));
    });
  });
}
