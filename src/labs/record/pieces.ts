import { readSync, writeSync } from "node:fs";
import { loadShim } from "../../core/shim/shim.ts";
import { errnoName } from "../../lib/errno.ts";
import { UnsupportedError } from "../../lib/errors.ts";
import { nullable, optional, record, type Shaped, text, truth } from "../../lib/shape.ts";
import type { Recorder } from "./recorder.ts";
import { listing, type Piece, pieceShape } from "./recording.ts";

const messageShape = record({
  piece: optional<Piece>(pieceShape),
  /** Why it failed. */
  failed: optional(record({ message: text, remedy: text, code: text })),
  /** An answer to a task that is to be tried: the file, and its code. */
  answer: optional(record({ file: text, code: optional(listing) })),
  /** That it was tried: why it is not right, and whether a deadline was missed for no reason that is known. */
  judged: optional(record({ reason: nullable(text), late: truth })),
});

/** What a sandbox says: one of these. */
export interface Message extends Partial<Shaped<typeof messageShape>> {}

export const parseMessage = (line: string): Message => messageShape(JSON.parse(line), "");

/** Writes a message to the file at once: the next system call may be this process's last. */
export function writeMessage(file: number, message: Message): void {
  const bytes = Buffer.from(`${JSON.stringify(message)}\n`);
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
}

/**
 * The messages of a sandbox. They are in a file in memory, not in a pipe: the sandbox may end suddenly, its stubs may
 * hold its open files, and what it wrote before must not be lost.
 */
export class Pieces {
  /** For the sandbox to write to. */
  readonly file: number;
  readonly #recorder: Recorder;
  /** The indices of its steps in the recording, by its own. */
  readonly #steps: number[] = [];
  #read = 0;
  #rest = Buffer.alloc(0);

  constructor(recorder: Recorder) {
    this.#recorder = recorder;
    this.file = loadShim().memoryFile(0);
    if (this.file < 0) {
      const errno = errnoName(-this.file);
      const what = `a file for a sandbox cannot be made: memfd_create failed with ${errno}`;
      throw new UnsupportedError(what, { call: "memfd_create", errno });
    }
  }

  /** Takes what has come meanwhile into the recording, and returns the other messages. */
  take(): Message[] {
    const part = Buffer.alloc(1 << 16);
    for (;;) {
      const read = readSync(this.file, part, 0, part.length, this.#read);
      if (read === 0) break;
      this.#read += read;
      this.#rest = Buffer.concat([this.#rest, part.subarray(0, read)]);
    }
    const end = this.#rest.lastIndexOf("\n") + 1;
    const lines = this.#rest.toString("utf8", 0, end).split("\n").slice(0, -1);
    this.#rest = this.#rest.subarray(end);
    return lines.flatMap((line) => {
      const { piece, ...message } = parseMessage(line);
      if (piece === undefined) return [message];
      this.#recorder.adopt(piece, this.#steps);
      return [];
    });
  }

  close(): void {
    loadShim().close(this.file);
  }
}
