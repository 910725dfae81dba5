// The C compiler of this machine, which assembles and links sources.

import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { limitError } from "./errno.ts";
import { InputError, PROCESS_LIMIT, UnsupportedError } from "./errors.ts";

/** The name of what it writes, in its temporary folder. */
const OUTPUT = "output";

/** How much of the compiler's messages is kept, in UTF-16 units: it may print one for each source line. */
const MOST_SAID = 4000;

/** What becomes of a source. */
export interface Compilation {
  /** What a message calls the source. */
  readonly source: string;
  /** Its arguments but `-nostdlib -static -o OUTPUT`. @param folder for files that it reads */
  arguments(folder: string): readonly string[];
  /** What to do on a machine without a compiler, besides installing one. */
  readonly otherwise?: string;
  /** Kills the compiler. */
  readonly signal: AbortSignal;
}

/**
 * Assembles and links a source without a library, in a temporary folder. Returns what the compiler writes.
 *
 * @throws UnsupportedError if there is no compiler or no temporary folder; InputError with the compiler's messages if the
 * source does not assemble
 */
export async function compile(compilation: Compilation): Promise<Uint8Array> {
  const folder = makeTemporaryFolder();
  try {
    await runCompiler(compilation, folder);
    return readFileSync(join(folder, OUTPUT));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function makeTemporaryFolder(): string {
  try {
    return mkdtempSync(join(tmpdir(), "stublab-"));
  } catch (cause) {
    const doing = `an assembler source needs a temporary folder in ${tmpdir()}`;
    const [why] = (cause instanceof Error ? cause.message : String(cause)).split(", ");
    const remedy = "set TMPDIR to a folder that this process can write to";
    throw limitError(doing, cause) ?? new UnsupportedError(`${doing}: ${why}`, { cause, remedy });
  }
}

/** Writes the output and the compiler's temporary files to a folder. */
function runCompiler(compilation: Compilation, folder: string): Promise<void> {
  const { source, otherwise, signal } = compilation;
  const compiler = process.env.CC || "cc";
  const options = ["-nostdlib", "-static", "-o", join(folder, OUTPUT)];
  const child = spawn(compiler, [...options, ...compilation.arguments(folder)], {
    stdio: ["ignore", "ignore", "pipe"],
    // The messages are read below.
    env: { ...process.env, TMPDIR: folder, LC_ALL: "C" },
    signal,
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(0, MOST_SAID);
  });
  return new Promise((resolve, reject) => {
    child.on("error", (error) => {
      if (child.pid === undefined) reject(noCompiler(compiler, error, otherwise));
    });
    // "close" comes after the compiler and its children have ended.
    child.on("close", (status) => {
      if (status === 0) resolve();
      else if (signal.aborted) reject(new InputError(`${source}: ${compiler} was ended`));
      else if (NO_PROCESS.test(said)) reject(noProcess(compiler, said));
      else reject(new InputError(`${source} does not assemble:\n${said.trimEnd()}`));
    });
  });
}

/** How a compiler, not an assembler, reports that it cannot start another program. */
const NO_PROCESS = /^[^:\s]+: (?:fatal )?error: .*: Resource temporarily unavailable$/m;

function noProcess(compiler: string, said: string): UnsupportedError {
  const [message = ""] = NO_PROCESS.exec(said) ?? [];
  return new UnsupportedError(`${compiler} cannot start its programs: ${message}`, {
    errno: "EAGAIN",
    remedy: PROCESS_LIMIT,
  });
}

function noCompiler(compiler: string, cause: Error, otherwise?: string): UnsupportedError {
  const limit = limitError(`cannot run the C compiler ${compiler}`, cause);
  if (limit !== undefined) return limit;
  const remedy =
    "apt-get install gcc (Debian, Ubuntu), dnf install gcc (Fedora), apk add gcc binutils (Alpine), or set CC " +
    `to another compiler${otherwise === undefined ? "" : `; ${otherwise}`}`;
  return new UnsupportedError(
    `cannot run the C compiler ${compiler}, which assembles sources: ${cause.message}`,
    { cause, remedy },
  );
}
