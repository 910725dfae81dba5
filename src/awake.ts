/** What a look at a deadline counts for at most, in milliseconds: a process that looks later was kept from running. */
const LONGEST = 100;

/**
 * A deadline in time that this process runs: what it spends stopped, by SIGSTOP or a freezer, does not count. Whoever has
 * one looks at it again and again.
 */
export class AwakeDeadline {
  #left: number;
  #last = performance.now();

  constructor(milliseconds: number) {
    this.#left = milliseconds;
  }

  get isOver(): boolean {
    const now = performance.now();
    this.#left -= Math.min(now - this.#last, LONGEST);
    this.#last = now;
    return this.#left < 0;
  }
}
