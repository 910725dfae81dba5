/** A number of slots that the signatures under way hardly ever fill, in a cache's size. */
const SLOTS = 4096;

/** The signatures that a run knows. */
export class KnownSignatures {
  readonly #all = new Set<number>();
  /** Those last asked for, each in its slot: to look a large number up in a set takes as long as to sign a case. */
  readonly #recent = new Float64Array(SLOTS).fill(-1);

  has(signature: number): boolean {
    const slot = signature & (SLOTS - 1);
    if (this.#recent[slot] === signature) return true;
    if (!this.#all.has(signature)) return false;
    this.#recent[slot] = signature;
    return true;
  }

  /** Adds one; answers whether it was new. */
  add(signature: number): boolean {
    const slot = signature & (SLOTS - 1);
    if (this.#recent[slot] === signature) return false;
    this.#recent[slot] = signature;
    const { size } = this.#all;
    return this.#all.add(signature).size > size;
  }
}
