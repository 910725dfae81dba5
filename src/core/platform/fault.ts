/** The last SIGSEGV of a guest: if it recurs, it counts as a write. An unmap of its page makes the record stale. */
export class FaultRecord {
  readonly #address: bigint;
  readonly #instruction: bigint;
  /** The records of the same subprocess that are not stale. */
  readonly #valid: Set<FaultRecord>;

  /**
   * @param valid the records of the subprocess.
   * @param address the address that faulted.
   * @param instruction the address of the instruction.
   */
  constructor(valid: Set<FaultRecord>, address: bigint, instruction: bigint) {
    this.#address = address;
    this.#instruction = instruction;
    this.#valid = valid;
    valid.add(this);
  }

  /** Whether a fault in the subprocess of these records is this one again. */
  recurs(valid: Set<FaultRecord>, address: bigint, instruction: bigint): boolean {
    if (valid !== this.#valid || !valid.has(this)) return false;
    return address === this.#address && instruction === this.#instruction;
  }

  isIn(start: bigint, end: bigint): boolean {
    return this.#address >= start && this.#address < end;
  }

  markStale(): void {
    this.#valid.delete(this);
  }
}
