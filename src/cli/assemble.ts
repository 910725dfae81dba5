import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InputError, UnsupportedError } from "../errors.ts";

/**
 * Assembles and links a source (.s, or .S with the preprocessor) to a static executable.
 *
 * @throws UnsupportedError without a compiler, InputError for a source that does not assemble.
 */
export function assemble(source: string): Uint8Array {
  const compiler = process.env.CC || "cc";
  const folder = mkdtempSync(join(tmpdir(), "stublab-guest-"));
  try {
    const target = join(folder, "guest");
    const args = ["-nostdlib", "-static", "-o", target, source];
    const { status, error, stderr } = spawnSync(compiler, args, { encoding: "utf8" });
    if (error !== undefined) throw noCompiler(compiler, error);
    if (status !== 0) throw new InputError(`${source} does not assemble:\n${stderr.trimEnd()}`);
    return readFileSync(target);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function noCompiler(compiler: string, cause: Error): UnsupportedError {
  return new UnsupportedError(
    `an assembler source needs a C compiler, and ${compiler} does not run`,
    {
      cause,
      remedy:
        "apt-get install gcc (Debian, Ubuntu), dnf install gcc (Fedora), apk add gcc binutils (Alpine), or name " +
        "another in CC; an ELF executable or a .bin file needs none",
    },
  );
}
