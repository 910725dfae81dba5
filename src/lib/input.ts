import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { InputError } from "./errors.ts";
import { inPlace } from "./shape.ts";
import { visible } from "./visible.ts";

/** The largest size of an input. */
export interface Limit {
  /** In bytes. */
  readonly most: number;
  /** What the limit applies to, such as "a case". */
  readonly of: string;
}

/** How long to wait before reading again from a pipe that is empty, in milliseconds. */
const PAUSE = 1;

/**
 * Reads a file that the user names: a regular file, a pipe, a device, or a link to one. Reads no further than the limit,
 * as the file may be endless.
 *
 * @param file a path, or 0 for standard input
 * @throws InputError that names the file, and the limit if the file is larger
 */
export function readInput(file: string | 0, limit: Limit, remedy?: string): Buffer<ArrayBuffer> {
  const name = inputName(file);
  const details = remedy === undefined ? {} : { remedy };
  let content: Buffer<ArrayBuffer> | undefined;
  try {
    content = file === 0 ? readLimited(0, limit) : readPath(file, limit);
  } catch (cause) {
    throw new InputError(`${name} cannot be read: ${reasonOf(cause)}`, { cause, ...details });
  }
  if (content === undefined) throw new InputError(`${name} ${excess(limit)}`, details);
  return content;
}

/** Reads what a file has that the user names; - is standard input. @throws InputError that names it */
export function readNamed<T>(file: string, limit: Limit, read: (content: Buffer) => T): T {
  const from = file === "-" ? 0 : file;
  const content = readInput(from, limit);
  return inPlace(inputName(from), () => read(content));
}

/** The name of a file in error messages. */
export function inputName(file: string | 0): string {
  return file === 0 ? "standard input" : visible(file) || '""';
}

/** The error text for a file that is larger than its limit. */
export function excess({ most, of }: Limit): string {
  return `has more than ${most} bytes, the limit for ${of}`;
}

/** The errno and its meaning, without the call and path that follow in Node's message. */
export function reasonOf(cause: unknown): string {
  const [reason = ""] = (cause instanceof Error ? cause.message : String(cause)).split(", ");
  return reason;
}

function readPath(path: string, limit: Limit): Buffer<ArrayBuffer> | undefined {
  const file = openSync(path, "r");
  try {
    return readLimited(file, limit);
  } finally {
    closeSync(file);
  }
}

/** Reads an open file to its end; returns undefined if it is larger than the limit. */
export function readLimited(file: number, { most }: Limit): Buffer<ArrayBuffer> | undefined {
  const stats = fstatSync(file);
  if (stats.isFile() && stats.size > most) return undefined;
  const parts: Uint8Array[] = [];
  for (let length = 0; length <= most; ) {
    const part = new Uint8Array(1 << 16);
    const read = readPart(file, part);
    if (read === 0) return Buffer.concat(parts, length);
    parts.push(part.subarray(0, read));
    length += read;
  }
  return undefined;
}

/** Waits for data: another process may have made the pipe or terminal non-blocking. */
function readPart(file: number, part: Uint8Array): number {
  for (;;) {
    try {
      return readSync(file, part);
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE);
    }
  }
}
