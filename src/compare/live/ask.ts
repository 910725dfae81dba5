import { StublabError } from "../../errors.ts";
import type { RecordLayout } from "../record.ts";
import { Fields, type Judge, type Judgement, undecided } from "./judge.ts";

/** Why nothing is decided if a second attempt comes to something else: somebody may have sent a signal to the stub. */
export const CONTRADICTED = "another attempt contradicts the first";

/** Makes an input fit; answers why it cannot be asked about where that fails. */
export function fit(
  judge: Judge,
  layout: RecordLayout,
  input: BigUint64Array,
): Judgement | undefined {
  return attempt(() => {
    judge.fit?.(new Fields(layout, input));
    return undefined;
  });
}

/** Asks a judge. */
export function ask(
  judge: Judge,
  layout: RecordLayout,
  input: BigUint64Array,
  answered: BigUint64Array,
): Judgement {
  return attempt(() => judge.judge(new Fields(layout, input), new Fields(layout, answered)));
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
