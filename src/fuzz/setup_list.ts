import { type Case, recordsOf } from "./case.ts";
import { fuzzModule } from "./module.ts";
import { SETUP_SIZE } from "./setups.ts";

/** How many setups a list takes: 32 MB. */
export const MOST_SETUPS = 1 << 17;

/**
 * Setups side by side, in the memory of this thread's module: what mutation takes from. What comes after `MOST_SETUPS` is
 * left out, so that what is in it depends on the order alone.
 */
export class SetupList {
  length = 0;
  #room = 64;
  #address = fuzzModule().reserve(this.#room * SETUP_SIZE);

  /** @param cases what it begins with, if anything */
  constructor(cases: readonly Case[] = []) {
    this.add(recordsOf(cases));
  }

  /** Where in the module's memory they lie; another place once more are added. */
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

  /** Gives its memory back: nobody may use it afterwards. */
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
