import { EncoderError } from "../errors.ts";
import type { Encoder } from "./encoder.ts";

/** A register of the layout: its name and its byte offset in a block. */
export interface RegisterField {
  readonly name: string;
  readonly offset: number;
}

/** The registers that an encoder's layout has, in the order in which they lie in a block. */
export function registerLayout(encoder: Encoder): RegisterField[] {
  const fields: RegisterField[] = [];
  for (const [name, offset] of encoder.constants) {
    if (name.startsWith("REG_")) fields.push({ name: name.slice(4), offset: Number(offset) });
  }
  return fields.sort((a, b) => a.offset - b.offset);
}

/** One register block in an encoder's memory. */
export class RegisterBlock {
  /** Byte offset in the encoder's buffer: what the encoder's functions take. */
  readonly offset: number;
  /** The block's bytes: what the shim takes. */
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  readonly #fields: ReadonlyMap<string, number>;

  constructor(
    buffer: ArrayBuffer,
    offset: number,
    size: number,
    fields: ReadonlyMap<string, number>,
  ) {
    this.offset = offset;
    this.bytes = new Uint8Array(buffer, offset, size);
    this.#view = new DataView(buffer, offset, size);
    this.#fields = fields;
  }

  /** The word of a register, 0 to 2^64 - 1. */
  get(register: string): bigint {
    return this.#view.getBigUint64(this.#offsetOf(register), true);
  }

  set(register: string, word: bigint): void {
    this.#view.setBigUint64(this.#offsetOf(register), word, true);
  }

  /** All registers by name, copied. */
  dump(): Record<string, bigint> {
    return Object.fromEntries([...this.#fields.keys()].map((name) => [name, this.get(name)]));
  }

  #offsetOf(register: string): number {
    const offset = this.#fields.get(register);
    if (offset === undefined) throw new EncoderError(`the layout has no register "${register}"`);
    return offset;
  }
}

/** Hands out the part of an encoder's memory that belongs to the host, block by block. */
export class BlockAllocator {
  readonly #encoder: Encoder;
  readonly #size: number;
  readonly #fields: ReadonlyMap<string, number>;
  readonly #free: RegisterBlock[] = [];
  #next: number;

  constructor(encoder: Encoder) {
    this.#encoder = encoder;
    this.#size = Number(encoder.constants.get("REGISTERS_SIZE"));
    this.#fields = new Map(registerLayout(encoder).map(({ name, offset }) => [name, offset]));
    this.#next = Math.ceil(encoder.heap / 8) * 8;
  }

  /** @throws EncoderError where the encoder's memory is used up. */
  allocate(): RegisterBlock {
    const used = this.#free.pop();
    if (used !== undefined) return used;
    const { buffer, name } = this.#encoder;
    if (this.#next + this.#size > buffer.byteLength) {
      throw new EncoderError(
        `the memory of encoder ${name} (${buffer.byteLength} bytes) has no room for another register block`,
        { remedy: "release stubs that are not needed any more" },
      );
    }
    const block = new RegisterBlock(buffer, this.#next, this.#size, this.#fields);
    this.#next += this.#size;
    return block;
  }

  /** Takes a block back. Nobody may use it afterwards. */
  release(block: RegisterBlock): void {
    this.#free.push(block);
  }
}
