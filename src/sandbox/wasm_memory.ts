/** The declaration of a WebAssembly memory, in pages of 64 kB. */
export interface MemoryType {
  readonly initial: number;
  readonly maximum: number | undefined;
  /** Whether threads share it, or its addresses have 64 bits. */
  readonly special: boolean;
}

/** The offset of the first section: after the magic number and the version. */
const HEADER = 8;
/** The number of the section of memories. */
const MEMORY_SECTION = 5;

const HAS_MAXIMUM = 1;

/**
 * The memories that a module defines, read before it is instantiated: a memory without a maximum can grow, and
 * instantiating it only to refuse it would reserve gigabytes (WebAssembly Core Specification, "Binary Format").
 *
 * @param bytes a valid module
 */
export function readMemories(bytes: Uint8Array): MemoryType[] {
  const reader = new Reader(bytes, HEADER);
  while (!reader.atEnd) {
    const section = reader.number();
    const size = reader.number();
    if (section !== MEMORY_SECTION) {
      reader.skip(size);
      continue;
    }
    return Array.from({ length: reader.number() }, () => memoryType(reader));
  }
  return [];
}

function memoryType(reader: Reader): MemoryType {
  const flags = reader.number();
  const initial = reader.number();
  const maximum = (flags & HAS_MAXIMUM) === 0 ? undefined : reader.number();
  return { initial, maximum, special: flags > HAS_MAXIMUM };
}

/** Reads LEB128 numbers. */
class Reader {
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  skip(count: number): void {
    this.#at += count;
  }

  number(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#bytes[this.#at++] ?? 0;
      // Not a shift: some numbers have more than 32 bits.
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  }
}
