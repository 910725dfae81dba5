// Runs a developer's command, or test files, on a machine, in place of /check.

import { execFileSync, spawn } from "node:child_process";
import type { Machine, Places } from "./machines.ts";

const SHELL = "setsid cttyhack sh";
/** The script prints it last; the kernel's last words may follow. */
const STATUS = /@@status (\d+)/;
const LAST = 4096;

/** What a developer's command needs. */
export interface Task {
  readonly command: string;
  /** Files and folders that are copied to the folder where stublab is installed. */
  readonly added: readonly string[];
}

/** What test files read and import. */
const SUITE = [
  ...["assembly", "dist", "docs", "examples", "shim", "src", "test", "package.json"],
  ...["build/test", "build/amd64", "build/arm64"],
  ...["uvu", "dequal", "diff", "kleur", "mri", "sade", "binaryen"].map(
    (name) => `node_modules/${name}`,
  ),
];

/** Bundles the test files here, and runs them there. */
export function suiteOf(names: readonly string[]): Task {
  execFileSync(process.execPath, ["test/bundle.mjs", ...names], { stdio: "inherit" });
  return { command: "ON_MACHINE=1 node test/run.mjs", added: SUITE };
}

/** The /check that runs the command, or a shell if it is empty, in the folder where stublab is installed. */
export function scriptOf(command: string): string {
  return `#!/usr/bin/busybox sh
export PATH=/usr/bin HOME=/tmp
# Pids as on a machine in use: recordings do not take small numbers for pids.
echo 2000 >/proc/sys/kernel/ns_last_pid
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
