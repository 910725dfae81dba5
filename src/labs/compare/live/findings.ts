import { oneByOne, shrink } from "../../../lib/cases/shrink.ts";
import { designOf } from "../choices.ts";
import { describeInput, replay } from "../disagreement.ts";
import type { FunctionComparison } from "../function.ts";
import { tell } from "../meaning.ts";
import { BrokenEncoder } from "../record.ts";
import type { LiveFailure, LiveReport } from "../report.ts";
import { stopwatch } from "../turn.ts";
import { CONTRADICTED, judge, pose, type Question } from "./inquiry.ts";
import type { Failed } from "./judge.ts";
import type { Judges } from "./judges.ts";

/** How many milliseconds batches with failures of an encoder may take: each failure may cost a deadline. */
const LONG_ENOUGH = 10_000;
/** How often the kernel is asked for a smaller input of one failure, and of how many words each one is tried alone. */
const [TRIES, ALONE] = [4000, 6];

/** Cases that failed in the same field, and the first of them. */
interface Found {
  readonly failed: Failed;
  readonly input: BigUint64Array;
  readonly cases: number;
}

/** What the kernel said about one function of one encoder, case by case. */
export class Findings {
  readonly #judges: Judges;
  readonly #compared: FunctionComparison;
  readonly #encoder: string;
  readonly #found = new Map<string, Found>();
  readonly #reasons = new Map<string, number>();
  #broken: LiveFailure | undefined;
  #cases = 0;
  #held = 0;
  #milliseconds = 0;

  constructor(judges: Judges, compared: FunctionComparison, encoder: string) {
    this.#judges = judges;
    this.#compared = compared;
    this.#encoder = encoder;
  }

  /** Has the answers to questions judged, if there is more to be learned. @param drawn their inputs as they were drawn */
  async take(questions: readonly Question[], drawn: readonly BigUint64Array[]): Promise<void> {
    if (this.#broken !== undefined || this.#milliseconds >= LONG_ENOUGH) return;
    const elapsed = stopwatch();
    const judgements = await judge(this.#compared, this.#encoder, questions);
    if (judgements instanceof BrokenEncoder) {
      this.#cases++;
      const told = { meant: "an answer", seen: judgements.message };
      const input = this.#describe(drawn[judgements.index] ?? new BigUint64Array());
      this.#broken = { field: this.#compared.name, cases: 1, ...told, ...input };
      return;
    }
    for (const [i, judgement] of judgements.entries()) {
      this.#cases++;
      if (judgement.verdict === "held") this.#held++;
      else {
        const input = drawn[i] ?? new BigUint64Array();
        const why = "why" in judgement ? judgement.why : await this.#fail(input, judgement);
        if (why !== undefined) this.#reasons.set(why, 1 + (this.#reasons.get(why) ?? 0));
      }
    }
    if (judgements.some(({ verdict }) => verdict === "failed")) this.#milliseconds += elapsed();
  }

  /**
   * Counts a failure. The first failure of a field is judged once more, by new judges in new stubs: nothing is decided if
   * they contradict it.
   *
   * @returns why it is no error, or why nothing is decided
   */
  async #fail(input: BigUint64Array, failed: Failed): Promise<string | undefined> {
    const { field } = failed;
    if (designOf(this.#compared.name).includes(field)) return `${field} differs by design`;
    const known = this.#found.get(field);
    if (known === undefined) {
      this.#judges.renew();
      if ((await this.#failure(input, field)) === undefined) return CONTRADICTED;
    }
    this.#found.set(field, { failed, input, ...known, cases: 1 + (known?.cases ?? 0) });
    return undefined;
  }

  /** @param smaller whether each failure is to have the smallest input that shows it */
  async report(smaller: boolean): Promise<LiveReport> {
    const failures: LiveFailure[] = this.#broken === undefined ? [] : [this.#broken];
    for (const found of this.#found.values()) failures.push(await this.#report(found, smaller));
    const reasons = [...this.#reasons].map(([why, cases]) => ({ why, cases }));
    const { name } = this.#compared;
    return {
      name,
      encoder: this.#encoder,
      asked: this.#judges.of(name).asked,
      cases: this.#cases,
      held: this.#held,
      undecided: reasons.reduce((sum, { cases }) => sum + cases, 0),
      reasons: reasons.sort((a, b) => b.cases - a.cases),
      failures: failures.sort((a, b) => b.cases - a.cases),
    };
  }

  async #report({ input, cases, failed }: Found, smaller: boolean): Promise<LiveFailure> {
    const { field } = failed;
    const { constants, places, layout, namedFlags } = this.#compared;
    const smallest = input.slice();
    let last = failed;
    let tries = 0;
    const holds = async (words: BigUint64Array) => {
      const again = ++tries <= TRIES ? await this.#failure(words, field) : undefined;
      last = again ?? last;
      return again !== undefined;
    };
    const options = { flags: namedFlags, alone: ALONE };
    if (smaller) await shrink(smallest, layout.inputs, oneByOne(layout.words, holds), options);
    const place = places.called(field);
    const meant = tell(place, last.meant, constants);
    const seen = last.how ?? tell(place, last.seen, constants);
    return { field, cases, meant, seen, ...this.#describe(smallest) };
  }

  /** The failure of a field, if the encoder's answer to an input fails in it. */
  async #failure(input: BigUint64Array, field: string): Promise<Failed | undefined> {
    const question = pose(this.#judges, this.#compared, input);
    const judgements = await judge(this.#compared, this.#encoder, [question]);
    const judgement = judgements instanceof BrokenEncoder ? undefined : judgements[0];
    return judgement?.verdict === "failed" && judgement.field === field ? judgement : undefined;
  }

  #describe(input: BigUint64Array): Pick<LiveFailure, "input" | "replay"> {
    return {
      input: describeInput(this.#compared, input),
      replay: `${replay(this.#compared, [this.#encoder], input)} --live`,
    };
  }
}
