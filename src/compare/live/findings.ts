import { oneByOne, shrink } from "../../cases/shrink.ts";
import { describeInput, replay } from "../disagreement.ts";
import type { FunctionComparison } from "../function.ts";
import { tell } from "../meaning.ts";
import { BrokenEncoder } from "../record.ts";
import type { LiveFailure, LiveReport } from "../report.ts";
import type { Subject } from "../subject.ts";
import { stopwatch } from "../timing.ts";
import { ask, CONTRADICTED, fit } from "./ask.ts";
import type { Judge, Judgement } from "./judge.ts";
import { type Judges, judgeOf } from "./open.ts";

/** Failures after which an encoder is asked no more about a function: each may cost a stub. */
const ENOUGH = 500;
/** The same in milliseconds that failures took: each may cost a deadline. */
const LONG_ENOUGH = 10_000;
/** How often the kernel is asked for a smaller input of one failure. */
const TRIES = 4000;

/** Cases that failed in the same field, and the first of them. */
interface Found {
  readonly judgement: Extract<Judgement, { verdict: "failed" }>;
  readonly input: BigUint64Array;
  cases: number;
}

/** What the kernel said about one function of one encoder, case by case. */
export class Findings {
  readonly subject: Subject;
  readonly #judges: Judges;
  readonly #compared: FunctionComparison;
  readonly #found = new Map<string, Found>();
  readonly #reasons = new Map<string, number>();
  #broken: LiveFailure | undefined;
  #cases = 0;
  #held = 0;
  #milliseconds = 0;

  constructor(judges: Judges, subject: Subject, compared: FunctionComparison) {
    this.#judges = judges;
    this.subject = subject;
    this.#compared = compared;
  }

  get #judge(): Judge {
    return judgeOf(this.#judges, this.#compared);
  }

  /** Whether nothing more is to be learned. */
  get over(): boolean {
    const failed = [...this.#found.values()].reduce((sum, { cases }) => sum + cases, 0);
    const enough = failed >= ENOUGH || this.#milliseconds >= LONG_ENOUGH;
    return this.#broken !== undefined || enough;
  }

  /**
   * Takes a judgement. The first failure of a field is judged once more, by new judges in new stubs: nothing is decided
   * if they contradict it.
   *
   * @param input as it was drawn, before the judge made it fit
   * @param milliseconds that it took to judge it
   */
  async take(input: BigUint64Array, judgement: Judgement, milliseconds: number): Promise<void> {
    this.#cases++;
    if (judgement.verdict !== "held") this.#milliseconds += milliseconds;
    if (judgement.verdict === "held") this.#held++;
    else if (judgement.verdict === "undecided") this.#undecided(judgement.why);
    else {
      const known = this.#found.get(judgement.field);
      if (known !== undefined) known.cases++;
      else if (await this.#isConfirmed(input, judgement.field)) {
        this.#found.set(judgement.field, { judgement, input: input.slice(), cases: 1 });
      } else this.#undecided(CONTRADICTED);
    }
  }

  async #isConfirmed(input: BigUint64Array, field: string): Promise<boolean> {
    const elapsed = stopwatch();
    this.#judges.renew();
    const again = await this.#ask(input);
    this.#milliseconds += elapsed();
    return again?.verdict === "failed" && again.field === field;
  }

  #undecided(why: string): void {
    this.#reasons.set(why, 1 + (this.#reasons.get(why) ?? 0));
  }

  /** Takes the end of an encoder that did not answer. */
  broke(error: BrokenEncoder, input: BigUint64Array): void {
    this.#cases++;
    this.#broken = {
      field: this.#judge.name,
      cases: 1,
      meant: "an answer",
      seen: error.message,
      ...this.#describe(input),
    };
  }

  /** @param smaller whether each failure is to have the smallest input that shows it */
  async report(smaller: boolean): Promise<LiveReport> {
    const failures: LiveFailure[] = this.#broken === undefined ? [] : [this.#broken];
    for (const found of this.#found.values()) failures.push(await this.#failure(found, smaller));
    const reasons = [...this.#reasons].map(([why, cases]) => ({ why, cases }));
    return {
      name: this.#judge.name,
      encoder: this.subject.name,
      asked: this.#judge.asked,
      cases: this.#cases,
      held: this.#held,
      undecided: reasons.reduce((sum, { cases }) => sum + cases, 0),
      reasons: reasons.sort((a, b) => b.cases - a.cases),
      failures: failures.sort((a, b) => b.cases - a.cases),
    };
  }

  async #failure({ judgement, input, cases }: Found, smaller: boolean): Promise<LiveFailure> {
    const { field } = judgement;
    const smallest = smaller ? await this.#minimise(input, field) : input;
    const last = await this.#ask(smallest);
    const { meant, seen } = last?.verdict === "failed" && last.field === field ? last : judgement;
    const { constants, places } = this.#compared;
    const place = places.called(field);
    const told = { meant: tell(place, meant, constants), seen: tell(place, seen, constants) };
    return { field, cases, ...told, ...this.#describe(smallest) };
  }

  /** The smallest input near one of which the kernel still says that the field is wrong. */
  async #minimise(input: BigUint64Array, field: string): Promise<BigUint64Array> {
    const words = input.slice();
    let tries = 0;
    const holds = async (smaller: BigUint64Array) => {
      if (++tries > TRIES) return false;
      const judgement = await this.#ask(smaller);
      return judgement?.verdict === "failed" && judgement.field === field;
    };
    const { layout, namedFlags } = this.#compared;
    await shrink(words, layout.inputs, oneByOne(layout.words, holds), {
      flags: namedFlags,
      // Each costs a question to the kernel.
      alone: 6,
    });
    return words;
  }

  /** What the kernel says of the encoder's answer to one input; undefined where it does not answer. */
  async #ask(input: BigUint64Array): Promise<Judgement | undefined> {
    const fitted = input.slice();
    const unfit = fit(this.#judge, this.#compared.layout, fitted);
    if (unfit !== undefined) return unfit;
    const answered = fitted.slice();
    try {
      await this.subject.run(this.#compared.layout, answered);
    } catch (error) {
      if (error instanceof BrokenEncoder) return undefined;
      throw error;
    }
    return ask(this.#judge, this.#compared.layout, fitted, answered);
  }

  #describe(input: BigUint64Array): Pick<LiveFailure, "input" | "replay"> {
    return {
      input: describeInput(this.#compared, input),
      replay: `${replay(this.#compared, [this.subject.name], input)} --live`,
    };
  }
}
