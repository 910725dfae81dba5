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
import { type Change, Model } from "../src/fuzz/predict/model.ts";
import type { Machine } from "../src/fuzz/try/machine.ts";

const KINDS =
  FROMS.indexOf("signal") |
  (WAYS.indexOf("SETREGS") << 8) |
  (ONS.indexOf("CONT") << 16) |
  (WANT_INFO << 24);

/** None of the rules of rt_sigreturn depends on it. */
const MACHINE: Machine = {
  ...{ release: "", vendor: "", family: 0, model: 0, features: [] },
  ...{ xstateLength: 0, xfeatures: 0, mxcsrMask: 0, stubCode: 0 },
};

const ORIG_RAX = indexOf("orig_rax");

/**
 * The rules at work: what ptrace would have to write for a stub to be where rt_sigreturn leads it. Two paths that the
 * kernel has to the same registers are compared so without a model of what comes then.
 */
export class Equivalent {
  readonly #model: Model;

  /** @param change a rule that is taken away or altered, for tests of what finds that out */
  constructor(change?: Change) {
    this.#model = new Model(MACHINE, change);
  }

  /** Writes the equivalent of setup `i` of a batch, which is of the way SIGRETURN, as setup `j` of another. */
  write(from: Pick<Batch, "setups">, i: number, to: Pick<Batch, "setups">, j: number): void {
    const at = setupAt(j);
    to.setups.fill(0, at, at + SETUP.words);
    to.setups[at + SETUP.kinds] = KINDS;
    this.#model.putReturned(from, i, to.setups.subarray(at + SETUP.words));
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
