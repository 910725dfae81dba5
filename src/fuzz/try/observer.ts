import { parseMaps, readProc } from "../../stub/proc.ts";
import { Batch } from "../case/batch.ts";
import { type Case, writeSetup } from "../case/case.ts";
import { type Fields, readFields } from "../case/fields.ts";
import { Trier } from "./trial.ts";

/** The outcome of a case. */
export interface Observation {
  /** All fields. */
  readonly all: Fields;
  /** All fields in another stub, with another parent. */
  readonly other: Fields;
  /**
   * The fields that are equal in both, and would be in another host: without pids, leftovers of other cases, and
   * addresses in the vDSO, which differ between programs.
   */
  readonly stable: Fields;
}

/** The fields that do not depend on pids, addresses or leftovers. */
const HEAD = ["error", "refusedAt", "resumed", "status", "signal", "code"];

const MOST_TRIES = 5;

/** Where a 32-bit SYSCALL continues. Stubs inherit the address, though they have unmapped the vDSO. */
const VDSO = parseMaps(readProc("/proc/self/maps")).find(({ name }) => name === "[vdso]");

/** Whether a word is such an address, or the low half of one. */
function isInVdso(word: bigint): boolean {
  const [start, end] = [BigInt(VDSO?.start ?? 0), BigInt(VDSO?.end ?? 0)];
  const low = BigInt.asUintN(32, start);
  return (word >= start && word < end) || (word >= low && word < low + (end - start));
}

/** Tries single cases, each in two fresh stubs. */
export class Observer {
  readonly #triers: readonly [Trier, Trier];
  readonly #batches: readonly [Batch, Batch];

  constructor(options: { encoder?: string | undefined; deadline?: number | undefined } = {}) {
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
   * Tries a case in both stubs, and again if their stops differ: another process may have disturbed one of them.
   *
   * @throws as `Trier` does
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
