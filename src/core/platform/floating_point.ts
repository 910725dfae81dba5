/** A thread that holds the floating point of a guest between two switches. */
export interface Holder {
  /** Copies it to `area`; does nothing if the thread cannot be read. */
  save(area: Uint8Array): void;
}

/**
 * The floating point of a guest: an XSAVE area, and the thread that holds a newer state, if one does.
 *
 * A lane that moves floating point only on demand leaves it in the thread. `area` is then out of date until somebody
 * looks at it, or until the thread is needed for another guest.
 */
export class FloatingPoint {
  /** The XSAVE area in the kernel's layout (NT_X86_XSTATE). */
  readonly area: Uint8Array;
  #holder: Holder | undefined;
  /** Whether `area` may differ from what the holder has. */
  #isExposed = false;

  constructor(initial: Uint8Array) {
    this.area = initial.slice();
  }

  /** The current state, which the caller may change. */
  expose(): Uint8Array {
    this.#fetch();
    this.#isExposed = true;
    return this.area;
  }

  /** Makes `area` the only copy. */
  comeHome(): void {
    this.#fetch();
    this.#holder = undefined;
  }

  /** Makes `area` the only copy, as it is: the holder has another state, or none. */
  forgetHolder(): void {
    this.#holder = undefined;
  }

  /** Leaves the state to `holder`. Returns whether `area` must be written there first. */
  moveTo(holder: Holder): boolean {
    const isThere = this.#holder === holder && !this.#isExposed;
    if (this.#holder !== holder) this.#fetch();
    this.#holder = holder;
    this.#isExposed = false;
    return !isThere;
  }

  #fetch(): void {
    if (!this.#isExposed) this.#holder?.save(this.area);
  }
}
