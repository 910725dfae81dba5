import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { limitError } from "../lib/errno.ts";
import { InputError, UnsupportedError } from "../lib/errors.ts";
import { finishing } from "./interruption.ts";

/** The name of the executable in its temporary folder. */
const OUTPUT = "guest";

/** How much of the compiler's messages is kept, in UTF-16 units: it may print one for each source line. */
const MOST_SAID = 4000;

/**
 * Assembles and links a source (.s, or .S with the preprocessor) to a static executable.
 *
 * @throws UnsupportedError if there is no compiler or no temporary folder, InputError if the source does not assemble.
 */
export function assemble(source: string): Promise<Uint8Array> {
  return finishing(async (interrupted) => {
    const folder = makeTemporaryFolder();
    try {
      await compile(source, folder, interrupted);
      return readFileSync(join(folder, OUTPUT));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}

function makeTemporaryFolder(): string {
  try {
    return mkdtempSync(join(tmpdir(), "stublab-guest-"));
  } catch (cause) {
    const doing = `an assembler source needs a temporary folder in ${tmpdir()}`;
    const [why] = (cause instanceof Error ? cause.message : String(cause)).split(", ");
    const remedy = "set TMPDIR to a folder that this process can write to";
    throw limitError(doing, cause) ?? new UnsupportedError(`${doing}: ${why}`, { cause, remedy });
  }
}

/** Writes the executable and the compiler's temporary files to a folder. */
function compile(source: string, folder: string, signal: AbortSignal): Promise<void> {
  const compiler = process.env.CC || "cc";
  const child = spawn(compiler, ["-nostdlib", "-static", "-o", join(folder, OUTPUT), source], {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, TMPDIR: folder },
    signal,
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(0, MOST_SAID);
  });
  return new Promise((resolve, reject) => {
    child.on("error", (error) => {
      if (child.pid === undefined) reject(noCompiler(compiler, error));
    });
    // "close" comes after the compiler and its children have ended.
    child.on("close", (status) => {
      if (status === 0) resolve();
      else reject(new InputError(`${source} does not assemble:\n${said.trimEnd()}`));
    });
  });
}

function noCompiler(compiler: string, cause: Error): UnsupportedError {
  return new UnsupportedError(
    `cannot run the C compiler ${compiler}, which assembles sources: ${cause.message}`,
    {
      cause,
      remedy:
        "apt-get install gcc (Debian, Ubuntu), dnf install gcc (Fedora), apk add gcc binutils (Alpine), or set CC " +
        "to another compiler; ELF executables and .bin files do not need one",
    },
  );
}
