import { randomBytes } from "node:crypto";
import {
  closeSync,
  lstatSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { OutputError } from "../errors.ts";
import { endBetweenTurns } from "./interruption.ts";

/** A signal leaves no temporary file: from the first output on, one is heard between two of them. */
let listening = false;

/**
 * Writes a file as a whole or not at all: what was there stays until the new content is complete. Into a device or
 * a pipe it writes directly.
 *
 * @throws OutputError where it cannot be written.
 */
export function writeOutput(path: string, content: string | Uint8Array): void {
  if (!listening) endBetweenTurns();
  listening = true;
  try {
    const target = targetOf(path);
    if (target === undefined) writeFileSync(path, content);
    else replace(target, content);
  } catch (cause) {
    // Node's message names the call and its own file, too: "ENOSPC: no space left on device, write".
    const [why] = (cause instanceof Error ? cause.message : String(cause)).split(", ");
    throw new OutputError(`${path} cannot be written: ${why}`, {
      cause,
      ...(cause instanceof Error && "code" in cause && { errno: String(cause.code) }),
    });
  }
}

/** Where a regular file is, or will be; undefined where something else is there. */
function targetOf(path: string): string | undefined {
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there === undefined) return path;
  const target = there.isSymbolicLink() ? realpathSync(path) : path;
  return lstatSync(target).isFile() ? target : undefined;
}

function replace(target: string, content: string | Uint8Array): void {
  const temporary = `${target}.${randomBytes(6).toString("hex")}`;
  const file = openSync(temporary, "wx");
  try {
    try {
      writeFileSync(file, content);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
