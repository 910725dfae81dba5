import { fstatSync, writeSync } from "node:fs";

/*
 * The stream between a process of foreign code and its parent. A message is its length and JSON:
 *
 *     0 +--------------------+ 4 +------------------+
 *       | bytes of text, u32 |   | UTF-8            |
 *       +--------------------+   +------------------+
 *
 * The parent sends one byte before the first message; the child's program never sees it.
 */

/** Its descriptor in the child (STUBLAB_START_CHANNEL). */
export const CHANNEL = 3;

/** The longest text that is read: a module has some thousand constants. */
const LONGEST = 1 << 20;
const HEADER = 4;

/** The bytes of a message. */
export function encodeMessage(message: object): Buffer {
  const text = Buffer.from(JSON.stringify(message));
  const header = Buffer.alloc(HEADER);
  header.writeUInt32LE(text.length);
  return Buffer.concat([header, text]);
}

/** Cuts a stream into messages, which are taken for `T`, and holds at most one that is not complete. */
export class MessageReader<T> {
  #chunks: Uint8Array[] = [];
  #held = 0;
  #wanted = HEADER;

  /**
   * The messages that a chunk completes.
   *
   * @throws RangeError for a length that no message has, SyntaxError for text that is not JSON
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

/** What a message says that it is. */
export function kindOf(message: unknown): unknown {
  return isFields(message) ? message.kind : undefined;
}

/** Whether a message has members. */
export function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

/** What a command's process is called (argv[0]) that runs for the sake of an encoder from a file. */
export const FOREIGN_COMMAND = "stublab: foreign encoder";

/** Whether this process is one: another one waits for what it says. */
export const isForeignCommand = process.argv0 === FOREIGN_COMMAND && hasChannel();

function hasChannel(): boolean {
  try {
    return fstatSync(CHANNEL).isSocket();
  } catch {
    return false;
  }
}

/** What such a process reports to its parent. */
export type CommandMessage =
  | { readonly kind: "ready" }
  | { readonly kind: "open" }
  | { readonly kind: "done"; readonly status: number }
  | { readonly kind: "failed"; readonly message: string };

// Foreign code may put others in their places.
const encode = encodeMessage;
const { exit } = process;

/** Tells the parent, if this process has one that listens. */
export function tellParent(message: CommandMessage): void {
  if (!isForeignCommand) return;
  try {
    writeSync(CHANNEL, encode(message));
  } catch {
    // An injected close ends the channel as well, which the parent sees.
  }
}

/** Ends this process at once, with a status that is its command's. */
export function endCommand(status: number): never {
  tellParent({ kind: "done", status });
  return exit(status);
}
