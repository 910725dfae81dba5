import { Stream } from "../labs/guest/stream.ts";

/** The limits of the document: bytes of each stream, and lines and characters of the trace. */
const MOST_BYTES = 4 << 20;
const MOST_LINES = 100_000;
const MOST_CHARACTERS = 4 << 20;

/** The output and the system calls of a guest, up to a limit. */
export class Transcript {
  readonly lines: string[] = [];
  readonly #streams = { 1: new Stream(MOST_BYTES), 2: new Stream(MOST_BYTES) };
  #characters = 0;
  #omittedLines = 0;

  write(fd: 1 | 2, bytes: Uint8Array): void {
    this.#streams[fd].add(bytes);
  }

  trace(line: string): void {
    this.#characters += line.length;
    const fits = this.lines.length < MOST_LINES && this.#characters <= MOST_CHARACTERS;
    if (fits) this.lines.push(line);
    else this.#omittedLines++;
  }

  text(fd: 1 | 2): string {
    return Buffer.from(this.#streams[fd].bytes()).toString();
  }

  /** Bytes of each stream, and lines of the trace. */
  get omitted() {
    const { 1: stdout, 2: stderr } = this.#streams;
    return { stdout: stdout.omitted, stderr: stderr.omitted, trace: this.#omittedLines };
  }
}
