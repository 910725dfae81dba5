import type { Batch } from "../src/fuzz/case/batch.ts";
import {
  FROMS,
  indexOf,
  ONS,
  OUTCOME,
  outcomeAt,
  REGISTERS,
  SETUP,
  setupAt,
  WANT_INFO,
  WAYS,
} from "../src/fuzz/case/setups.ts";
import { Book, type Change } from "../src/fuzz/predict/model/book.ts";
import { ReturnPhase } from "../src/fuzz/predict/model/return.ts";

const KINDS =
  FROMS.indexOf("signal") |
  (WAYS.indexOf("SETREGS") << 8) |
  (ONS.indexOf("CONT") << 16) |
  (WANT_INFO << 24);

const ORIG_RAX = indexOf("orig_rax");

/**
 * The rules at work: what ptrace would have to write for a stub to be where rt_sigreturn leads it. Two paths that the
 * kernel has to the same registers are compared so without a model of what comes then.
 */
export class Equivalent {
  readonly #return: ReturnPhase;

  /** @param change a rule that is taken away or altered, for tests of what finds that out */
  constructor(change?: Change) {
    this.#return = new ReturnPhase(new Book({ features: [] }, change));
  }

  /** Writes the equivalent of setup `i` of a batch, which is of the way SIGRETURN, as setup `j` of another. */
  write({ setups }: Pick<Batch, "setups">, i: number, to: Pick<Batch, "setups">, j: number): void {
    const at = setupAt(j);
    to.setups.fill(0, at, at + SETUP.words);
    to.setups[at + SETUP.kinds] = KINDS;
    this.#return.put(setups, setupAt(i), to.setups, at + SETUP.words);
  }
}

/** Halves of an outcome that both paths show: no orig_rax, which is in no frame. */
const SHOWN = [
  ...[OUTCOME.status, OUTCOME.signal, OUTCOME.code, OUTCOME.address, OUTCOME.address + 1],
  ...REGISTERS.flatMap((_, k) =>
    k === ORIG_RAX ? [] : [OUTCOME.stopped + 2 * k, OUTCOME.stopped + 2 * k + 1],
  ),
];

/**
 * Whether outcome `i` is in all that both paths show the same in two batches.
 *
 * @param pids of the stubs, in the order of the batches: each sees its own in the answer of a getpid
 */
export function sameOutcome(
  a: Batch,
  b: Batch,
  i: number,
  pids: readonly [number, number],
): boolean {
  const at = outcomeAt(i);
  for (const half of SHOWN) {
    const [first, second] = [a.outcomes[at + half], b.outcomes[at + half]];
    if (first === second) continue;
    if (half < OUTCOME.stopped || first !== pids[0] || second !== pids[1]) return false;
  }
  return true;
}
