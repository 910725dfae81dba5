import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InputError, UnsupportedError } from "../errors.ts";
import { limitError } from "../limits.ts";
import { finishing } from "./interruption.ts";

/** The executable, in a folder that is there for its sake. */
const OUTPUT = "guest";

/** How much is kept of what the compiler says, in UTF-16 units: it may say a line about each of the source. */
const MOST_SAID = 4000;

/**
 * Assembles and links a source (.s, or .S with the preprocessor) to a static executable.
 *
 * @throws UnsupportedError without a compiler or a temporary folder, InputError for a source that does not assemble.
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
    const doing = `an assembler source needs a folder in ${tmpdir()}`;
    const [why] = (cause instanceof Error ? cause.message : String(cause)).split(", ");
    const remedy = "let TMPDIR name a folder that can be written to";
    throw limitError(doing, cause) ?? new UnsupportedError(`${doing}: ${why}`, { cause, remedy });
  }
}

/** Leaves the output in a folder, and nothing elsewhere. */
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
    // The compiler and all that it has started have ended then.
    child.on("close", (status) => {
      if (status === 0) resolve();
      else reject(new InputError(`${source} does not assemble:\n${said.trimEnd()}`));
    });
  });
}

function noCompiler(compiler: string, cause: Error): UnsupportedError {
  return new UnsupportedError(
    `an assembler source needs a C compiler, and ${compiler} does not run: ${cause.message}`,
    {
      cause,
      remedy:
        "apt-get install gcc (Debian, Ubuntu), dnf install gcc (Fedora), apk add gcc binutils (Alpine), or name " +
        "another in CC; an ELF executable or a .bin file needs none",
    },
  );
}
