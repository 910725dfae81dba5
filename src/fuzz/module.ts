/*
 * The module of assembly/fuzz, which makes cases and signs outcomes, and its memory, in which setups and outcomes lie.
 * There is one for each thread. The memory is as large as it will ever be from the start, for one that grows would
 * detach its views; it costs nothing where nothing has been written.
 */

import { type Callable, isCallable } from "../encoder/module.ts";
import { loadWasm } from "../encoder/wasm_file.ts";
import { EncoderError, REBUILD } from "../errors.ts";
import { recordsOf } from "./case.ts";
import { SEEDS } from "./seeds.ts";
import { PLACES, TABLES } from "./tables.ts";

const FILE = "fuzz.wasm";
/** Areas begin where cache lines do. */
const LINE = 64;

/** The module and its memory. Addresses are byte offsets in it. */
export class FuzzModule {
  readonly buffer: ArrayBuffer;
  /** assembly/fuzz/index.ts says what these do. */
  readonly generate: Callable;
  readonly sign: Callable;
  readonly differs: Callable;
  /** Whether a stub that is resumed ends: (from, signal) to 0 or 1. */
  readonly kills: Callable;
  readonly #exports: WebAssembly.Exports;
  readonly #free = new Map<number, number[]>();
  #next: number;

  /** @throws EncoderError where the file is not what the build makes. */
  constructor() {
    this.#exports = loadWasm(FILE);
    const { memory } = this.#exports;
    if (!(memory instanceof WebAssembly.Memory)) throw lacking("memory");
    this.buffer = memory.buffer;
    this.generate = this.#function("generate");
    this.sign = this.#function("sign");
    this.differs = this.#function("differs");
    this.kills = this.#function("kills");
    this.#next = Math.ceil(Number(this.#global("heap").value) / LINE) * LINE;
    for (const [name, place] of Object.entries(PLACES)) this.#global(name).value = Number(place);
    for (const [name, words] of Object.entries(TABLES)) {
      const at = this.#put(new Uint8Array(BigUint64Array.from(words).buffer));
      this.#global(name).value = BigInt(at) | (BigInt(words.length) << 32n);
    }
    this.#global("seeds").value = this.#put(recordsOf(SEEDS));
    this.#global("seedCount").value = SEEDS.length;
  }

  /**
   * The address of an area that nobody else has; what is in it is whatever was there.
   *
   * @throws EncoderError where there is no room left.
   */
  reserve(size: number): number {
    const whole = sizeOfArea(size);
    const used = this.#free.get(whole)?.pop();
    if (used !== undefined) return used;
    const at = this.#next;
    if (at + whole > this.buffer.byteLength) {
      throw new EncoderError(
        `the memory of ${FILE} (${this.buffer.byteLength} bytes) has no room for ${size} more`,
        { remedy: "close what is not needed any more" },
      );
    }
    this.#next += whole;
    return at;
  }

  /** Takes an area of `size` bytes back. Nobody may use it, or a view of it, afterwards. */
  release(at: number, size: number): void {
    const whole = sizeOfArea(size);
    this.#free.set(whole, [...(this.#free.get(whole) ?? []), at]);
  }

  #put(bytes: Uint8Array): number {
    const at = this.reserve(bytes.length);
    new Uint8Array(this.buffer).set(bytes, at);
    return at;
  }

  #global(name: string): WebAssembly.Global {
    const it = this.#exports[name];
    if (it instanceof WebAssembly.Global) return it;
    throw lacking(name);
  }

  #function(name: string): Callable {
    const it = this.#exports[name];
    if (isCallable(it)) return it;
    throw lacking(name);
  }
}

/** Areas are powers of two, so that one serves for another that is nearly as large. */
function sizeOfArea(size: number): number {
  return Math.max(LINE, 2 ** Math.ceil(Math.log2(size)));
}

function lacking(name: string): EncoderError {
  return new EncoderError(`${FILE} lacks ${name}`, { remedy: REBUILD });
}

let own: FuzzModule | undefined;

/** That of this thread. @throws EncoderError as its constructor does */
export function fuzzModule(): FuzzModule {
  own ??= new FuzzModule();
  return own;
}
