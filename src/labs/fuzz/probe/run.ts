/* The probe of a machine: its file, and runs of its commands. */

import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import type { Arch, ProbedArch } from "../../../core/machine/index.ts";
import { pathOf } from "../../../core/shim/shim.ts";
import { TraceError, UnsupportedError } from "../../../lib/errors.ts";

/**
 * The file of the probe for a machine, a static executable.
 *
 * @throws UnsupportedError if the build lacks it
 */
export function pathOfProbe(arch: ProbedArch): string {
  const path = pathOf(`probe-${arch}`);
  if (existsSync(path)) return path;
  throw new UnsupportedError(`this build of stublab does not include the probe for ${arch}`, {
    remedy:
      "install clang and lld (Debian: apt-get install clang lld), and run npm run build -- --complete",
  });
}

/** Reads it. @throws UnsupportedError */
export const readProbe = (arch: ProbedArch): Uint8Array => readFileSync(pathOfProbe(arch));

/** The last line of a probe that fails, with the reason. */
const FAILURE = /^Bail out! (.*)/;

export interface RunOptions {
  /** What the probe reads from standard input. */
  readonly input?: string | undefined;
  /** Asks the probe to end early. */
  readonly interrupted?: AbortSignal | undefined;
}

/**
 * Runs commands of the probe to their end.
 *
 * @param onLine is passed each line as soon as it is printed
 * @throws UnsupportedError if the probe is missing, cannot start, or cannot work here; TraceError if a signal ends it
 */
export async function runProbe(
  arch: Arch,
  args: readonly string[],
  onLine: (line: string) => void,
  { input = "", interrupted }: RunOptions = {},
): Promise<void> {
  // In a session of its own, so that Ctrl-C reaches it once: a second signal would end it at once.
  const child = spawn(pathOfProbe(arch), args, {
    ...{ stdio: ["pipe", "pipe", "inherit"], detached: true },
  });
  const interrupt = () => child.kill("SIGINT");
  interrupted?.addEventListener("abort", interrupt);
  // It may end without reading.
  child.stdin.on("error", () => {}).end(input);
  let last = "";
  const lines = createInterface({ input: child.stdout });
  lines.on("line", (line) => {
    last = line;
    onLine(line);
  });
  const read = new Promise((done) => lines.on("close", done));
  try {
    const signal = await new Promise<string | null>((done, fail) => {
      child.on("close", (_, signal) => done(signal));
      child.on("error", (cause) => fail(cannotStart(cause)));
    });
    await read;
    if (signal !== null) {
      throw new TraceError(`the probe was ended by ${signal}`, {
        remedy: "try again; the kernel's log (dmesg) may say why",
      });
    }
    const [, why] = FAILURE.exec(last) ?? [];
    if (why !== undefined) throw new UnsupportedError(`the probe: ${why}`);
  } finally {
    interrupted?.removeEventListener("abort", interrupt);
  }
}

function cannotStart(cause: Error): UnsupportedError {
  return new UnsupportedError(`the probe cannot be started: ${cause.message}`, { cause });
}
