import { oneByOne, shrink } from "../../../lib/cases/shrink.ts";
import { designOf } from "../choices.ts";
import { describeInput, replay } from "../disagreement.ts";
import type { FunctionComparison } from "../function.ts";
import { tell } from "../meaning.ts";
import { BrokenEncoder } from "../record.ts";
import type { LiveFailure, LiveReport } from "../report.ts";
import { stopwatch } from "../turn.ts";
import { ask, CONTRADICTED } from "./inquiry.ts";
import type { Judgement } from "./judge.ts";
import type { Judges } from "./open.ts";

/** Failures after which an encoder is asked no more about a function: each may cost a stub. */
const ENOUGH = 500;
/** The same in milliseconds that failures took: each may cost a deadline. */
const LONG_ENOUGH = 10_000;
/** How often the kernel is asked for a smaller input of one failure. */
const TRIES = 4000;

type Failed = Extract<Judgement, { verdict: "failed" }>;

/** Cases that failed in the same field, and the first of them. */
interface Found {
  readonly judgement: Failed;
  readonly input: BigUint64Array;
  cases: number;
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

  /** Has the answers to inputs judged, if there is more to be learned. @param inputs as they were drawn */
  async judge(inputs: readonly BigUint64Array[]): Promise<void> {
    const failed = [...this.#found.values()].reduce((sum, { cases }) => sum + cases, 0);
    const enough = failed >= ENOUGH || this.#milliseconds >= LONG_ENOUGH;
    if (enough || this.#broken !== undefined) return;
    const asked = await this.#ask(inputs);
    if (asked instanceof BrokenEncoder) {
      this.#cases++;
      const told = { meant: "an answer", seen: asked.message };
      const input = this.#describe(inputs[asked.index] ?? new BigUint64Array());
      this.#broken = { field: this.#compared.name, cases: 1, ...told, ...input };
      return;
    }
    for (const [i, input] of inputs.entries()) {
      const elapsed = stopwatch();
      const judgement = asked[i]?.();
      this.#cases++;
      if (judgement === undefined || judgement.verdict === "held") this.#held++;
      else {
        const why = "why" in judgement ? judgement.why : await this.#fail(input, judgement);
        if (why !== undefined) this.#reasons.set(why, 1 + (this.#reasons.get(why) ?? 0));
        this.#milliseconds += elapsed();
      }
    }
  }

  /**
   * Counts a failure. The first failure of a field is judged once more, by new judges in new stubs: nothing is decided if
   * they contradict it.
   *
   * @returns why it is no error, or why nothing is decided
   */
  async #fail(input: BigUint64Array, judgement: Failed): Promise<string | undefined> {
    if (designOf(this.#compared.name).includes(judgement.field)) {
      return `${judgement.field} differs by design`;
    }
    const known = this.#found.get(judgement.field);
    if (known !== undefined) {
      known.cases++;
      return undefined;
    }
    this.#judges.renew();
    if ((await this.#failure(input, judgement.field)) === undefined) return CONTRADICTED;
    this.#found.set(judgement.field, { judgement, input: input.slice(), cases: 1 });
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

  async #report({ judgement, input, cases }: Found, smaller: boolean): Promise<LiveFailure> {
    const { field } = judgement;
    const smallest = smaller ? await this.#minimise(input, field) : input;
    const { meant, seen, done } = (await this.#failure(smallest, field)) ?? judgement;
    const { constants, places } = this.#compared;
    const place = places.called(field);
    const told = {
      meant: tell(place, meant, constants),
      seen: done ?? tell(place, seen, constants),
    };
    return { field, cases, ...told, ...this.#describe(smallest) };
  }

  /** The smallest input near one of which the kernel still says that the field is wrong. */
  async #minimise(input: BigUint64Array, field: string): Promise<BigUint64Array> {
    const words = input.slice();
    let tries = 0;
    const holds = async (smaller: BigUint64Array) =>
      ++tries <= TRIES && (await this.#failure(smaller, field)) !== undefined;
    const { layout, namedFlags } = this.#compared;
    await shrink(words, layout.inputs, oneByOne(layout.words, holds), {
      flags: namedFlags,
      // Each costs a question to the kernel.
      alone: 6,
    });
    return words;
  }

  /** The failure of a field, if the encoder's answer to an input fails in it. */
  async #failure(input: BigUint64Array, field: string): Promise<Failed | undefined> {
    const asked = await this.#ask([input]);
    const judgement = asked instanceof BrokenEncoder ? undefined : asked[0]?.();
    return judgement?.verdict === "failed" && judgement.field === field ? judgement : undefined;
  }

  #ask(inputs: readonly BigUint64Array[]): Promise<(() => Judgement)[] | BrokenEncoder> {
    return ask(this.#judges, this.#compared, this.#encoder, inputs);
  }

  #describe(input: BigUint64Array): Pick<LiveFailure, "input" | "replay"> {
    return {
      input: describeInput(this.#compared, input),
      replay: `${replay(this.#compared, [this.#encoder], input)} --live`,
    };
  }
}
