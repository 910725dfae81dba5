/* A command of the command line, run within this process: a start of Node.js costs more than most commands. */

import { runCommandLine } from "../../src/cli/command_line.ts";
import { replaceWrite } from "../../src/cli/report.ts";

/** What a command printed, and its exit status. */
export interface Printed {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Both streams, in the order in which they were written. */
  readonly all: string;
}

process.stdout.isTTY = false;
process.stderr.isTTY = false;

/** An error as a system call fails with it. */
export function failing(errno: string): Error {
  return Object.assign(new Error(`${errno}: it fails, write`), { code: errno });
}

/**
 * Runs `stublab ARGS`.
 *
 * @param full whether standard output is a full disk
 */
export async function stublab(args: readonly string[], full = false): Promise<Printed> {
  const written: [fd: number, bytes: Buffer][] = [];
  const before = replaceWrite((fd, bytes) => {
    if (full && fd === 1) throw failing("ENOSPC");
    written.push([fd, Buffer.from(bytes)]);
    return bytes.length;
  });
  try {
    const code = await runCommandLine(args);
    const of = (...fds: number[]) =>
      Buffer.concat(
        written.filter(([fd]) => fds.includes(fd)).map(([, bytes]) => bytes),
      ).toString();
    return { code, stdout: of(1), stderr: of(2), all: of(1, 2) };
  } finally {
    replaceWrite(before);
  }
}
