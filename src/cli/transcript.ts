/** The limits of the document: bytes of each stream, and lines and characters of the trace. */
const MOST_BYTES = 4 << 20;
const MOST_LINES = 100_000;
const MOST_CHARACTERS = 4 << 20;

/** The amounts that were omitted: bytes of each stream, and lines of the trace. */
export interface Omitted {
  readonly stdout: number;
  readonly stderr: number;
  readonly trace: number;
}

/** The output and the system calls of a guest, up to a limit. */
export class Transcript {
  readonly lines: string[] = [];
  readonly #streams = { 1: new Stream(), 2: new Stream() };
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
    return this.#streams[fd].text();
  }

  get omitted(): Omitted {
    const { 1: stdout, 2: stderr } = this.#streams;
    return { stdout: stdout.omitted, stderr: stderr.omitted, trace: this.#omittedLines };
  }
}

/** One growing buffer: a guest may write byte by byte. */
class Stream {
  omitted = 0;
  #bytes = new Uint8Array(1 << 12);
  #length = 0;

  add(bytes: Uint8Array): void {
    const part = bytes.subarray(0, MOST_BYTES - this.#length);
    this.#makeRoom(this.#length + part.length);
    this.#bytes.set(part, this.#length);
    this.#length += part.length;
    this.omitted += bytes.length - part.length;
  }

  text(): string {
    return Buffer.from(this.#bytes.buffer, 0, this.#length).toString();
  }

  #makeRoom(length: number): void {
    if (length <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(length, 2 * this.#bytes.length));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}
