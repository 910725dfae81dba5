/** What a look at the clock counts for at most, in milliseconds: a process that looks later was kept from running. */
const LONGEST = 100;

/**
 * Time in which this process runs: what it spends stopped, by SIGSTOP or a freezer, does not count. The clock
 * has to be read again and again.
 */
export class AwakeClock {
  readonly #longest: number;
  #last = performance.now();
  #milliseconds = 0;

  /** @param longest what a look counts for at most: more than there is between two as a rule */
  constructor(longest = LONGEST) {
    this.#longest = longest;
  }

  /** Since it was made, as far as this process ran. */
  get milliseconds(): number {
    const now = performance.now();
    this.#milliseconds += Math.min(now - this.#last, this.#longest);
    this.#last = now;
    return this.#milliseconds;
  }
}

/** A deadline by such a clock. */
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
