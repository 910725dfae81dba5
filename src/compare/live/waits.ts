import type { Random } from "../../cases/random.ts";
import type { RecordLayout } from "../record.ts";
import { FunctionJudge } from "./function_judge.ts";
import { HELD, type Judgement, narrows, REFUSED, undecided } from "./judge.ts";
import type { TraceeSlot } from "./tracee.ts";
import { waitEffects } from "./waiting.ts";

const INT = 0xffff_ffffn;
const ANY_CHILD = 2n ** 64n - 1n;

/** encodeWaitOptions: wait4 fails with EINVAL, or with ECHILD. */
export class WaitOptionsJudge extends FunctionJudge<TraceeSlot> {
  readonly name = "encodeWaitOptions";
  readonly asked = "wait4(-1, 0, options, 0) in a stub: EINVAL or not, and what it waits for";
  readonly #parents: TraceeSlot;

  /**
   * @param slot stubs without children
   * @param parents stubs that may have children
   */
  constructor(layout: RecordLayout, slot: TraceeSlot, parents: TraceeSlot) {
    super(layout, slot);
    this.#parents = parents;
  }

  draw(random: Random, input: BigUint64Array, enumerated: boolean): void {
    if (narrows(random, enumerated)) this.mask(input, "options", INT);
  }

  judge(input: BigUint64Array, answered: BigUint64Array): Judgement {
    const options = this.word(input, "options");
    if (options > INT)
      return undecided("the options of wait4 are an int: the kernel ignores the upper half");
    const answer = BigInt.asIntN(64, this.result(answered));
    const refused = this.#wait(options);
    if (refused !== (answer === REFUSED)) {
      const meant = refused ? REFUSED : options;
      return this.#failed(meant, answer);
    }
    if (refused || answer === BigInt.asIntN(64, options)) return HELD;
    if (this.#wait(BigInt.asUintN(64, answer))) return this.#failed(options, answer);
    return this.#compare(options, BigInt.asUintN(64, answer));
  }

  /** Whether other options than the expected ones have another effect. */
  #compare(options: bigint, answer: bigint): Judgement {
    const parent = this.#parents.get();
    const meant = waitEffects(parent, options);
    const seen = waitEffects(parent, answer);
    const differs = [...meant].some(([what, result]) => seen.get(what) !== result);
    return differs
      ? this.#failed(options, answer)
      : undecided("not the expected options, but wait4 does the same with them");
  }

  /** Whether the kernel refuses options. */
  #wait(options: bigint): boolean {
    const result = BigInt.asIntN(64, this.kernel.get().call("wait4", ANY_CHILD, 0n, options, 0n));
    return result === REFUSED;
  }

  #failed(meant: bigint, seen: bigint): Judgement {
    return {
      verdict: "failed",
      field: this.name,
      meant: BigInt.asUintN(64, meant),
      seen: BigInt.asUintN(64, seen),
    };
  }
}
