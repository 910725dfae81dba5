import { EncoderError, InputError, StateError } from "../../lib/errors.ts";
import { integer, object, show } from "../../lib/shape.ts";
import type { Encoder } from "./abi.ts";

/** A register of the layout: its name and its byte offset in a block. */
export interface RegisterField {
  readonly name: string;
  readonly offset: number;
}

/** The size of a register, in bytes. */
const WORD = 8;

/** The registers of an encoder's block, in ascending order of their offsets. @throws InputError */
export function registerLayout(encoder: Encoder): RegisterField[] {
  object(encoder, "encoder");
  if (typeof encoder.constants?.get !== "function") {
    throw new InputError("encoder: expected an encoder from openEncoder");
  }
  const fields: RegisterField[] = [];
  for (const [name, offset] of encoder.constants) {
    if (name.startsWith("REG_")) fields.push({ name: name.slice(4), offset: Number(offset) });
  }
  return fields.sort((a, b) => a.offset - b.offset);
}

/** The common properties of all blocks of an encoder. */
interface BlockLayout {
  /** The encoder's whole buffer. */
  readonly memory: Uint8Array;
  /** The size of a block, in bytes. */
  readonly size: number;
  /** The byte offset of each register, in ascending order. */
  readonly fields: ReadonlyMap<string, number>;
}

/** One register block in an encoder's memory: words of 64 bits, in the byte order of the machine. */
export class RegisterBlock {
  /** Byte offset in the encoder's buffer, a multiple of 8: the argument of the encoder's functions. */
  readonly offset: number;
  readonly #layout: BlockLayout;
  // Made on demand: views are expensive, and most blocks are only copied.
  #bytes: Uint8Array | undefined;
  #words: BigUint64Array | undefined;
  #isFree = false;

  /** @internal */
  constructor(layout: BlockLayout, offset: number) {
    this.#layout = layout;
    this.offset = offset;
  }

  /** The bytes of the block: the argument of the shim's functions. @throws StateError after its release */
  get bytes(): Uint8Array {
    const { memory, size } = this.#used();
    this.#bytes ??= memory.subarray(this.offset, this.offset + size);
    return this.#bytes;
  }

  /** Copies all registers from another block of the same encoder. */
  copyFrom(other: RegisterBlock): void {
    if (!(other instanceof RegisterBlock)) {
      throw new InputError(`block: expected a RegisterBlock, got ${show(other)}`);
    }
    if (other.#layout !== this.#layout) {
      throw new InputError("block: expected a block in the memory of the same encoder");
    }
    const { memory, size } = this.#used();
    memory.copyWithin(this.offset, other.offset, other.offset + size);
  }

  /** The word of a register, 0 to 2^64 - 1. @throws EncoderError if the layout has no such register */
  get(register: string): bigint {
    return this.#view()[this.#indexOf(register)] ?? 0n;
  }

  /** Sets a register, modulo 2^64. @throws InputError, EncoderError if the layout has no such register */
  set(register: string, word: number | bigint): void {
    this.#view()[this.#indexOf(register)] =
      typeof word === "bigint" ? word : integer(word, `register ${register}`);
  }

  /** The word at an index of the kernel's own layout, independent of the encoder's. @throws InputError */
  word(index: number): bigint {
    const word = this.#view()[index];
    if (word !== undefined) return word;
    throw new InputError(`register: expected an index of the block, got ${show(index)}`);
  }

  /** A copy of all registers, by name. */
  dump(): Record<string, bigint> {
    return Object.fromEntries(
      [...this.#layout.fields.keys()].map((name) => [name, this.get(name)]),
    );
  }

  #view(): BigUint64Array {
    const { memory, size } = this.#used();
    this.#words ??= new BigUint64Array(memory.buffer, this.offset, size / WORD);
    return this.#words;
  }

  /** The layout, if the block is in use: another one may have its place. */
  #used(): BlockLayout {
    if (this.#isFree) throw new StateError("the stub or the context of this block was released");
    return this.#layout;
  }

  /** @internal */
  free(): void {
    this.#isFree = true;
  }

  #indexOf(register: string): number {
    const offset = this.#layout.fields.get(register);
    if (offset !== undefined) return offset / WORD;
    throw new EncoderError(`the layout has no register ${show(register)}`);
  }
}

/** The allocator of each memory: tracers with the same encoder share its memory. */
const allocators = new WeakMap<ArrayBuffer, BlockAllocator>();

/** Allocates register blocks in the part of an encoder's memory that belongs to the host. */
export class BlockAllocator {
  readonly #name: string;
  readonly #layout: BlockLayout;
  readonly #free: number[] = [];
  #next: number;

  /** The allocator of an encoder's memory, shared by all tracers. */
  static of(encoder: Encoder): BlockAllocator {
    const known = allocators.get(encoder.buffer);
    if (known !== undefined) return known;
    const allocator = new BlockAllocator(encoder);
    allocators.set(encoder.buffer, allocator);
    return allocator;
  }

  constructor(encoder: Encoder) {
    this.#name = encoder.name;
    this.#layout = {
      memory: new Uint8Array(encoder.buffer),
      size: Number(encoder.constants.get("REGISTERS_SIZE")),
      fields: new Map(registerLayout(encoder).map(({ name, offset }) => [name, offset])),
    };
    this.#next = Math.ceil(encoder.heap / WORD) * WORD;
  }

  /** @throws EncoderError if the encoder's memory has no room for so many more blocks. */
  expectRoom(count: number): void {
    const { memory, size } = this.#layout;
    const left = this.#free.length + Math.floor((memory.length - this.#next) / size);
    if (count <= left) return;
    const room = left === 0 ? "another register block" : `${count} more register blocks`;
    throw new EncoderError(
      `the memory of encoder ${this.#name} (${memory.length} bytes) has no room for ${room}`,
      { remedy: "close stubs, and release contexts, that are no longer needed" },
    );
  }

  /** @throws what `expectRoom` throws */
  allocate(): RegisterBlock {
    this.expectRoom(1);
    const used = this.#free.pop();
    const block = new RegisterBlock(this.#layout, used ?? this.#next);
    if (used === undefined) this.#next += this.#layout.size;
    return block;
  }

  /** Frees a block, which throws StateError afterwards. */
  release(block: RegisterBlock): void {
    block.free();
    this.#free.push(block.offset);
  }
}
