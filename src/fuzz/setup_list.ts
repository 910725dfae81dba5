import { type Case, writeSetup } from "./case.ts";
import { SETUP_SIZE, setupAt } from "./setups.ts";

const HALVES = SETUP_SIZE / 4;

/** Setups side by side, as a batch has them: what mutation takes from. */
export class SetupList {
  length = 0;
  /** `HALVES` for each; what lies behind the last is none's. */
  halves = new Uint32Array(64 * HALVES);

  /** @param cases what it begins with, if anything */
  constructor(cases: readonly Case[] = []) {
    for (const it of cases) this.addCase(it);
  }

  /** Adds setup `i` of a batch. */
  add(setups: Uint32Array, i: number): void {
    this.#reserve();
    const at = setupAt(i);
    this.halves.set(setups.subarray(at, at + HALVES), HALVES * this.length);
    this.length++;
  }

  /** Adds a case. */
  addCase(it: Case): void {
    this.#reserve();
    const { buffer } = this.halves;
    writeSetup(
      it,
      {
        setups: this.halves,
        setupWords: new BigUint64Array(buffer),
        setupBytes: new Uint8Array(buffer),
      },
      this.length,
    );
    this.length++;
  }

  /** Copies one of the setups to setup `i` of a batch. */
  copy(index: number, setups: Uint32Array, i: number): void {
    // A loop is faster than a view that would have to be made.
    const [from, to] = [HALVES * index, setupAt(i)];
    for (let k = 0; k < HALVES; k++) setups[to + k] = this.halves[from + k] ?? 0;
  }

  #reserve(): void {
    if (HALVES * (this.length + 1) <= this.halves.length) return;
    const larger = new Uint32Array(2 * this.halves.length);
    larger.set(this.halves);
    this.halves = larger;
  }
}
