import {
  type Fields,
  HELD,
  type Judge,
  type Judgement,
  narrows,
  REFUSED,
  undecided,
} from "./judge.ts";
import type { TraceeSlot } from "./tracee.ts";
import { waitEffects } from "./waiting.ts";

const INT = 0xffff_ffffn;
const ANY_CHILD = 2n ** 64n - 1n;

/**
 * @param slot stubs without children
 * @param parents stubs that may have children
 */
export function waitJudge(slot: TraceeSlot, parents: TraceeSlot): Judge {
  /** Whether the kernel refuses options. */
  const refuses = (options: bigint) =>
    BigInt.asIntN(64, slot.get().call("wait4", ANY_CHILD, 0n, options, 0n)) === REFUSED;
  const failed = (meant: bigint, seen: bigint): Judgement => ({
    verdict: "failed",
    field: "encodeWaitOptions",
    meant: BigInt.asUintN(64, meant),
    seen: BigInt.asUintN(64, seen),
  });
  return {
    name: "encodeWaitOptions",
    asked: "wait4(-1, 0, options, 0) in a stub: EINVAL or not, and what it waits for",
    draw(random, input, enumerated) {
      if (narrows(random, enumerated)) input.mask("options", INT);
    },
    judge(input: Fields, answered: Fields) {
      const options = input.word("options");
      if (options > INT)
        return undecided("the options of wait4 are an int: the kernel ignores the upper half");
      const answer = BigInt.asIntN(64, answered.result);
      const refused = refuses(options);
      if (refused !== (answer === REFUSED)) return failed(refused ? REFUSED : options, answer);
      if (refused || answer === BigInt.asIntN(64, options)) return HELD;
      if (refuses(answered.result)) return failed(options, answer);
      const meant = waitEffects(parents.get(), options);
      const seen = waitEffects(parents.get(), answered.result);
      return [...meant].some(([what, result]) => seen.get(what) !== result)
        ? failed(options, answer)
        : undecided("not the expected options, but wait4 does the same with them");
    },
  };
}
