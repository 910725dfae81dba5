import { fstatSync, writeSync } from "node:fs";

/*
 * The stream between a process of foreign code and its parent. A message is a length and JSON text:
 *
 *     0 +--------------------+ 4 +------------------+
 *       | bytes of text, u32 |   | UTF-8            |
 *       +--------------------+   +------------------+
 *
 * The parent sends one byte before the first message; init in the child consumes it.
 */

/** The descriptor of the channel in the child (STUBLAB_START_CHANNEL). */
export const CHANNEL = 3;

/** The longest message in bytes: a module has about a thousand constants. */
const LONGEST = 1 << 20;
const HEADER = 4;

/** The bytes of a message. */
export function encodeMessage(message: object): Buffer {
  const text = Buffer.from(JSON.stringify(message));
  const header = Buffer.alloc(HEADER);
  header.writeUInt32LE(text.length);
  return Buffer.concat([header, text]);
}

/** Splits a stream into messages, without checking their type, and keeps at most one incomplete message. */
export class MessageReader<T> {
  #chunks: Uint8Array[] = [];
  #held = 0;
  #wanted = HEADER;

  /**
   * Returns the messages that a chunk completes.
   *
   * @throws RangeError if a message is too long, SyntaxError if it is not JSON
   */
  *read(chunk: Uint8Array): Generator<T> {
    this.#chunks.push(chunk);
    this.#held += chunk.length;
    while (this.#held >= this.#wanted) {
      const bytes = Buffer.concat(this.#chunks);
      const length = bytes.readUInt32LE();
      if (length > LONGEST) throw new RangeError(`a length of ${length}`);
      const end = HEADER + length;
      const complete = bytes.length >= end;
      const rest = complete ? bytes.subarray(end) : bytes;
      this.#chunks = [rest];
      this.#held = rest.length;
      this.#wanted = complete ? HEADER : end;
      if (complete) yield JSON.parse(bytes.toString("utf8", HEADER, end));
    }
  }
}

/** The `kind` of a message. */
export function kindOf(message: unknown): unknown {
  return isFields(message) ? message.kind : undefined;
}

/** Whether a message is an object. */
export function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

/** The argv[0] of a process that runs a command with an encoder from a file. */
export const FOREIGN_COMMAND = "stublab: foreign encoder";

/** Whether this is such a process, whose parent waits for its messages. */
export const isForeignCommand = process.argv0 === FOREIGN_COMMAND && hasChannel();

function hasChannel(): boolean {
  try {
    return fstatSync(CHANNEL).isSocket();
  } catch {
    return false;
  }
}

/** A message of such a process to its parent. */
export type CommandMessage =
  | { readonly kind: "ready" }
  | { readonly kind: "open" }
  | { readonly kind: "done"; readonly status: number }
  | { readonly kind: "failed"; readonly message: string };

// Saved before foreign code can replace them.
const encode = encodeMessage;
const { exit } = process;

/** Sends a message to the parent, if there is one that listens. */
export function tellParent(message: CommandMessage): void {
  if (!isForeignCommand) return;
  try {
    writeSync(CHANNEL, encode(message));
  } catch {
    // An injected close may have closed the channel, which the parent notices.
  }
}

/** Ends this process at once, with the status of its command. */
export function endCommand(status: number): never {
  tellParent({ kind: "done", status });
  return exit(status);
}
