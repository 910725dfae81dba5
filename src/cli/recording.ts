/** The most that is kept of each stream, in bytes, and of a trace, in lines: one document has to hold it. */
const MOST_BYTES = 16 << 20;
const MOST_LINES = 100_000;

/** What a guest wrote and called, as far as there is room for it. */
export class Recording {
  readonly lines: string[] = [];
  /** Whether anything was left out. */
  truncated = false;
  readonly #streams = { 1: new Stream(), 2: new Stream() };

  hear(fd: 1 | 2, bytes: Uint8Array): void {
    if (!this.#streams[fd].add(bytes)) this.truncated = true;
  }

  note(line: string): void {
    if (this.lines.length < MOST_LINES) this.lines.push(line);
    else this.truncated = true;
  }

  text(fd: 1 | 2): string {
    return this.#streams[fd].text();
  }
}

class Stream {
  readonly #parts: Uint8Array[] = [];
  #length = 0;

  /** Answers whether all of it was taken. */
  add(bytes: Uint8Array): boolean {
    const part = bytes.subarray(0, MOST_BYTES - this.#length);
    if (part.length > 0) this.#parts.push(part);
    this.#length += part.length;
    return part.length === bytes.length;
  }

  text(): string {
    return Buffer.concat(this.#parts).toString();
  }
}
