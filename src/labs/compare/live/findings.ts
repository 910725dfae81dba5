import { add } from "../../../lib/group.ts";
import { sum } from "../../../lib/page/figures.ts";
import { decisionOf } from "../choices.ts";
import { describeInput, replay } from "../disagreement.ts";
import { BrokenEncoder } from "../record.ts";
import type { LiveFailure, LiveReport } from "../report.ts";
import { oneByOne, shrink } from "../shrink.ts";
import { stopwatch } from "../turn.ts";
import type { Inquiry, Question } from "./inquiry.ts";
import type { Failed } from "./judge.ts";

/** Why nothing is decided if two attempts differ: another process may have sent a signal to the stub. */
const CONTRADICTED = "another attempt contradicts the first";
/** How many milliseconds batches with failures of an encoder may take: each failure may cost a deadline. */
const LONG_ENOUGH = 10_000;
/** How often the kernel is asked for a smaller input of one failure, and of how many words each one is tried alone. */
const [TRIES, ALONE] = [4000, 6];

/** What the kernel says about one function of one encoder, case by case. */
export function findingsOf(inquiry: Inquiry, encoder: string) {
  const { judges, compared } = inquiry;
  /** By field: the first failure, its input, and how many there were. */
  const found = new Map<string, { failed: Failed; input: BigUint64Array; cases: number }>();
  const reasons = new Map<string, number>();
  const failures: LiveFailure[] = [];
  let [cases, held, milliseconds, broken] = [0, 0, 0, false];

  const describe = (input: BigUint64Array) => ({
    input: describeInput(compared, input),
    replay: `${replay(compared, encoder, input)} --live`,
  });

  /** The failure of a field, if the encoder's answer to an input fails in it. */
  const failureIn = async (input: BigUint64Array, field: string): Promise<Failed | undefined> => {
    const judgements = await inquiry.judge(encoder, [inquiry.pose(input)]);
    const judgement = judgements instanceof BrokenEncoder ? undefined : judgements[0];
    return judgement?.verdict === "failed" && judgement.field === field ? judgement : undefined;
  };

  /**
   * Counts a failure. The first failure of a field is judged once more, by new judges in new stubs: nothing is decided if
   * they contradict it. Of an excused word, only what the kernel does wrongly counts.
   *
   * @param fitted the input as the kernel was asked about it
   * @returns why it is not an error, or why nothing is decided
   */
  const fail = async (
    input: BigUint64Array,
    fitted: BigUint64Array,
    failed: Failed,
  ): Promise<string | undefined> => {
    const { field, how, seen } = failed;
    const decision = decisionOf(compared.name, field, seen, compared.places.wordsOf(fitted));
    if (how === undefined && decision?.apart !== undefined) return `${field} ${decision.apart}`;
    const known = found.get(field);
    if (known === undefined) {
      judges.renew();
      if ((await failureIn(input, field)) === undefined) return CONTRADICTED;
    }
    found.set(field, { failed, input, ...known, cases: 1 + (known?.cases ?? 0) });
    return undefined;
  };

  /** Adds the failure of a field to the report, with the smallest input near its first that shows it, or that. */
  const reportFailure = async (field: string, smaller: boolean): Promise<void> => {
    const first = found.get(field);
    if (first === undefined) return;
    const { layout, namedFlags } = compared;
    const smallest = first.input.slice();
    let [last, tries] = [first.failed, 0];
    const holds = async (words: BigUint64Array) => {
      const again = ++tries <= TRIES ? await failureIn(words, field) : undefined;
      last = again ?? last;
      return again !== undefined;
    };
    const options = { flags: namedFlags, alone: ALONE };
    if (smaller) await shrink(smallest, layout.inputs, oneByOne(layout.words, holds), options);
    const { meant, seen } = inquiry.told(last);
    failures.push({
      field,
      cases: first.cases,
      meant,
      seen: last.how ?? seen,
      ...describe(smallest),
    });
  };

  return {
    /** Has the answers to questions judged, if there is more to be learned. @param drawn their inputs as they were drawn */
    async take(questions: readonly Question[], drawn: readonly BigUint64Array[]): Promise<void> {
      if (broken || milliseconds >= LONG_ENOUGH) return;
      const elapsed = stopwatch();
      const judgements = await inquiry.judge(encoder, questions);
      if (judgements instanceof BrokenEncoder) {
        cases++;
        broken = true;
        failures.push({
          field: compared.name,
          cases: 1,
          meant: "an answer",
          seen: judgements.message,
          ...describe(drawn[judgements.index] ?? new BigUint64Array()),
        });
        return;
      }
      for (const [i, judgement] of judgements.entries()) {
        cases++;
        if (judgement.verdict === "held") held++;
        else {
          const input = drawn[i] ?? new BigUint64Array();
          const fitted = questions[i]?.input ?? input;
          const why = "why" in judgement ? judgement.why : await fail(input, fitted, judgement);
          if (why !== undefined) add(reasons, why);
        }
      }
      if (judgements.some(({ verdict }) => verdict === "failed")) milliseconds += elapsed();
    },

    /** @param smaller whether each failure is to have the smallest input that shows it */
    async report(smaller: boolean): Promise<LiveReport> {
      for (const field of found.keys()) await reportFailure(field, smaller);
      return {
        name: compared.name,
        encoder,
        asked: judges.of(compared.name).asked,
        cases,
        held,
        undecided: sum(reasons.values()),
        reasons: [...reasons]
          .map(([why, count]) => ({ why, cases: count }))
          .sort((a, b) => b.cases - a.cases),
        failures: failures.sort((a, b) => b.cases - a.cases),
      };
    },
  };
}
