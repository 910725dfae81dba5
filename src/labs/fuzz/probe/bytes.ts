/** Bytes that are written one after the other, little-endian. */
export class Bytes {
  readonly #bytes: number[] = [];

  u8(value: number): void {
    this.#bytes.push(value & 0xff);
  }

  u16(value: number): void {
    this.u8(value);
    this.u8(value >>> 8);
  }

  /** A word in as few bytes as it needs: seven bits each, the lowest first, and a bit that says whether there are more. */
  word(value: bigint): void {
    let rest = BigInt.asUintN(64, value);
    for (; rest >= 0x80n; rest >>= 7n) this.u8(Number(rest & 0x7fn) | 0x80);
    this.u8(Number(rest));
  }

  /** A text, and a zero. */
  text(text: string): void {
    for (const byte of new TextEncoder().encode(text)) this.u8(byte);
    this.u8(0);
  }

  put(bytes: Uint8Array): void {
    for (const byte of bytes) this.u8(byte);
  }

  /** What was written. */
  get all(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}
