import { parseMaps, readProc } from "../stub/proc.ts";
import { Batch } from "./batch.ts";
import { type Case, writeSetup } from "./case.ts";
import { type Fields, readFields } from "./fields.ts";
import { Trier } from "./trial.ts";

/** What came of a case. */
export interface Observation {
  /** All that was seen. */
  readonly all: Fields;
  /** The same of another stub, of another parent. */
  readonly other: Fields;
  /**
   * What both showed, and another host would: no pid, nothing that was left by another case, and no address in the vDSO,
   * which each program has elsewhere.
   */
  readonly stable: Fields;
}

/** The fields that no pid, address or leftover changes. */
const HEAD = ["error", "refusedAt", "resumed", "status", "signal", "code"];

const MOST_TRIES = 5;

/** Where a 32-bit SYSCALL goes on; stubs inherit the address, though they have unmapped what is there. */
const VDSO = parseMaps(readProc("/proc/self/maps")).find(({ name }) => name === "[vdso]");

/** Whether a word is such an address, or the low half of one. */
function isInVdso(word: bigint): boolean {
  const [start, end] = [BigInt(VDSO?.start ?? 0), BigInt(VDSO?.end ?? 0)];
  const low = BigInt.asUintN(32, start);
  return (word >= start && word < end) || (word >= low && word < low + (end - start));
}

/** Tries single cases, each in two stubs that have seen none before. */
export class Observer {
  readonly #triers: readonly [Trier, Trier];
  readonly #batches: readonly [Batch, Batch];

  constructor(options: { encoder?: string; deadline?: number } = {}) {
    const first = new Trier(options);
    try {
      const second = new Trier(options);
      this.#triers = [first, second];
      this.#batches = [new Batch(1), new Batch(1)];
    } catch (error) {
      first.close();
      throw error;
    }
  }

  /**
   * Tries a case in both, and again if they do not come to the same stop: one may have been disturbed.
   *
   * @throws what trying it throws
   */
  observe(it: Case): Observation {
    for (let tries = 1; ; tries++) {
      const [all, other] = [this.#try(it, 0), this.#try(it, 1)];
      if (tries < MOST_TRIES && HEAD.some((field) => all.get(field) !== other.get(field))) continue;
      const stable = [...all].filter(
        ([field, word]) => other.get(field) === word && !isInVdso(word),
      );
      return { all, other, stable: new Map(stable) };
    }
  }

  close(): void {
    for (const trier of this.#triers) trier.close();
    for (const batch of this.#batches) batch.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #try(it: Case, which: 0 | 1): Fields {
    const [trier, batch] = [this.#triers[which], this.#batches[which]];
    trier.renew();
    writeSetup(it, batch, 0);
    trier.run(batch, 1);
    return readFields(it, batch, 0);
  }
}
