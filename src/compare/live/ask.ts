import { StublabError } from "../../errors.ts";
import { type Judge, type Judgement, undecided } from "./judge.ts";

/** Makes an input fit; answers why it cannot be asked about where that fails. */
export function fit(judge: Judge, input: BigUint64Array): Judgement | undefined {
  return attempt(() => {
    judge.fit?.(input);
    return undefined;
  });
}

/**
 * Asks a judge; about what fails once more. If the second attempt contradicts the first, nothing is decided: somebody may
 * have sent a signal to the stub.
 */
export function ask(judge: Judge, input: BigUint64Array, answered: BigUint64Array): Judgement {
  const judgement = attempt(() => judge.judge(input, answered));
  if (judgement.verdict !== "failed") return judgement;
  const again = attempt(() => judge.judge(input, answered));
  if (again.verdict === "failed" && again.field === judgement.field) return judgement;
  return undecided("another attempt contradicts the first");
}

/** What this machine does not let a stub do, and a stub that somebody killed, decide nothing. */
function attempt<T>(body: () => T): T | Judgement {
  try {
    return body();
  } catch (error) {
    if (!(error instanceof StublabError)) throw error;
    return undecided(error.message.split("\n")[0] ?? error.code);
  }
}
