// What passes between the checker of an answer and the process that tries it. The messages are in a file in memory, not in
// a pipe: that process may end suddenly, its stubs may hold its open files, and what it wrote before must not be lost.

import { fstatSync, readSync, writeSync } from "node:fs";
import { loadShim } from "../../../core/shim/shim.ts";
import { errnoName } from "../../../lib/errno.ts";
import { UnsupportedError } from "../../../lib/errors.ts";
import { nullable, optional, record, type Shaped, text, truth } from "../../../lib/shape.ts";
import { failureShape, listing, type Piece, pieceShape } from "../recording.ts";

const messageShape = record({
  /** An answer that is to be tried: the file, and its code. */
  answer: optional(record({ file: text, code: optional(listing) })),
  piece: optional<Piece>(pieceShape),
  /** That it was tried: why it is not right, and whether a deadline was missed for no reason that is known. */
  judged: optional(record({ reason: nullable(text), late: truth })),
  /** Why it could not be tried. */
  failed: optional(failureShape),
});

/** One of these. */
export interface Message extends Partial<Shaped<typeof messageShape>> {}

/** A new file. @throws UnsupportedError */
export function openMessages(): number {
  const file = loadShim().memoryFile(0);
  if (file >= 0) return file;
  const errno = errnoName(-file);
  const what = `a file for an answer cannot be made: memfd_create failed with ${errno}`;
  throw new UnsupportedError(what, { call: "memfd_create", errno });
}

/** Writes a message at once: the next system call may be this process's last. */
export function writeMessage(file: number, message: Message): void {
  const bytes = Buffer.from(`${JSON.stringify(message)}\n`);
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
}

/** All messages so far; without one that is not complete. */
export function readMessages(file: number): Message[] {
  const bytes = Buffer.alloc(fstatSync(file).size);
  readSync(file, bytes, 0, bytes.length, 0);
  const lines = bytes.toString("utf8").split("\n").slice(0, -1);
  return lines.map((line) => messageShape(JSON.parse(line), ""));
}
