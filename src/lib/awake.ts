/** The most time that one reading of the clock adds, in milliseconds: after a longer gap the process was stopped. */
const LONGEST = 100;

/**
 * Measures the time in which this process runs. Time in which it is stopped, by SIGSTOP or a freezer, does not count.
 * The clock must be read regularly.
 */
export class AwakeClock {
  readonly #longest: number;
  #last = performance.now();
  #milliseconds = 0;

  /** @param longest the most milliseconds that one reading adds: more than the usual time between two readings */
  constructor(longest = LONGEST) {
    this.#longest = longest;
  }

  /** The time since construction in which this process ran, in milliseconds. */
  get milliseconds(): number {
    const now = performance.now();
    this.#milliseconds += Math.min(now - this.#last, this.#longest);
    this.#last = now;
    return this.#milliseconds;
  }
}

/** A deadline that counts only the time in which this process runs. */
export class AwakeDeadline {
  readonly #clock = new AwakeClock();
  readonly #milliseconds: number;

  constructor(milliseconds: number) {
    this.#milliseconds = milliseconds;
  }

  get isOver(): boolean {
    return this.#clock.milliseconds > this.#milliseconds;
  }
}
