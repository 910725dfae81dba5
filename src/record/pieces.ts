import { readSync, writeSync } from "node:fs";
import { errnoName } from "../errno.ts";
import { StateError, UnsupportedError } from "../errors.ts";
import { members, type Shape, text } from "../shape.ts";
import { loadShim } from "../shim/shim.ts";
import type { Piece, Recorder } from "./recorder.ts";
import { shapes } from "./recording.ts";

/** What a sandbox says beside the pieces of its recording. */
export type Message =
  | Piece
  /** It has come to a point, and waits. */
  | { readonly kind: "pause"; readonly point: string; readonly told: string }
  /** Its part is over. */
  | { readonly kind: "over" }
  | { readonly kind: "failed"; readonly message: string; readonly remedy: string };

/** Writes a message to the file at once: the next system call may be this process's last. */
export function writeMessage(file: number, message: Message): void {
  const bytes = Buffer.from(`${JSON.stringify(message)}\n`);
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
}

/**
 * The messages of a sandbox. They come by a file in memory, not by a pipe: its end may be sudden, its stubs may
 * hold whatever it had open, and nothing of what it wrote before is to be lost.
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
      throw new UnsupportedError(
        `a file for a sandbox cannot be made: memfd_create failed with ${errno}`,
        {
          call: "memfd_create",
          errno,
        },
      );
    }
  }

  /** Takes what has come meanwhile into the recording; answers the messages that are no pieces of it. */
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
    return lines
      .map((line) => readMessage(JSON.parse(line), ""))
      .filter((each) => this.#keep(each));
  }

  close(): void {
    loadShim().close(this.file);
  }

  /** Adds a piece to the recording; answers whether it is none. */
  #keep(message: Message): boolean {
    if (message.kind === "pause" || message.kind === "over" || message.kind === "failed")
      return true;
    if (message.kind === "step") this.#steps.push(this.#recorder.length);
    this.#recorder.adopt(message, (index) => this.stepOf(index));
    return false;
  }

  /** The index in the recording of a step, by the index that the sandbox has. */
  stepOf(index: number): number {
    const step = this.#steps[index];
    if (step === undefined) throw new StateError(`a sandbox has no step ${index}`);
    return step;
  }
}

const readMessage: Shape<Message> = (value, place) => {
  const read = members(value, place);
  const kind = read("kind", text);
  switch (kind) {
    case "lane":
      return { kind, lane: read(kind, shapes.lane) };
    case "code":
      return { kind, code: read(kind, shapes.code) };
    case "step":
      return { kind, step: read(kind, shapes.step) };
    case "arrow":
      return { kind, arrow: read(kind, shapes.arrow) };
    case "question":
      return { kind, question: read(kind, shapes.question) };
    case "observed":
      return { kind, observed: read(kind, text) };
    case "fact":
      return { kind, fact: read(kind, shapes.fact) };
    case "pause":
      return { kind, point: read("point", text), told: read("told", text) };
    case "over":
      return { kind };
    case "failed":
      return { kind, message: read("message", text), remedy: read("remedy", text) };
    default:
      throw new StateError(`a sandbox says "${kind}"`);
  }
};
