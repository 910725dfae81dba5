/** What a guest writes to a stream, up to a limit. One growing buffer: it may write byte by byte. */
export class Stream {
  /** How many bytes were discarded. */
  omitted = 0;
  readonly #most: number;
  #bytes = new Uint8Array();
  #length = 0;

  /** @param most how many bytes are kept */
  constructor(most: number) {
    this.#most = most;
  }

  add(bytes: Uint8Array): void {
    const part = bytes.subarray(0, this.#most - this.#length);
    const end = this.#length + part.length;
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(end, 2 * this.#bytes.length));
      grown.set(this.bytes());
      this.#bytes = grown;
    }
    this.#bytes.set(part, this.#length);
    this.#length = end;
    this.omitted += bytes.length - part.length;
  }

  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }
}
