import type { Case } from "./case.ts";
import { recordsOf } from "./case_record.ts";
import { fuzzModule } from "./module.ts";
import { SETUP_SIZE } from "./setups.ts";

export const MOST_SETUPS = 96 << 10;
/** Areas are powers of two: 16 kB at first, and 32 MB for the largest list. */
const FIRST_AREA = 1 << 14;

/**
 * A list of setups in the memory of this thread's module, which mutation takes from. Setups beyond `MOST_SETUPS` are
 * dropped, so that the contents depend on the order only.
 */
export class SetupList {
  length = 0;
  #room = Math.floor(FIRST_AREA / SETUP_SIZE);
  #address = fuzzModule().reserve(this.#room * SETUP_SIZE);

  constructor(cases: readonly Case[] = []) {
    this.add(recordsOf(cases));
  }

  /** Their address in the module's memory; it changes when setups are added. */
  get address(): number {
    return this.#address;
  }

  /** Adds setups, `SETUP_SIZE` bytes each. */
  add(setups: Uint8Array): void {
    const count = Math.min(setups.length / SETUP_SIZE, MOST_SETUPS - this.length);
    while (this.length + count > this.#room) this.#grow();
    const { buffer } = fuzzModule();
    const at = this.#address + this.length * SETUP_SIZE;
    new Uint8Array(buffer).set(setups.subarray(0, count * SETUP_SIZE), at);
    this.length += count;
  }

  /** Releases its memory. It must not be used afterwards. */
  close(): void {
    if (this.#room > 0) fuzzModule().release(this.#address, this.#room * SETUP_SIZE);
    this.#room = 0;
  }

  #grow(): void {
    const [module, size] = [fuzzModule(), this.#room * SETUP_SIZE];
    const larger = module.reserve(2 * size);
    new Uint8Array(module.buffer).copyWithin(larger, this.#address, this.#address + size);
    module.release(this.#address, size);
    this.#address = larger;
    this.#room *= 2;
  }
}
