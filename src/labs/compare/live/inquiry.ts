import { HOST_ARCH } from "../../../core/machine/index.ts";
import type { FunctionComparison } from "../function.ts";
import { tell } from "../meaning.ts";
import { BrokenEncoder } from "../record.ts";
import type { Verdict } from "../report.ts";
import { type Examine, type Failed, Fields, type Judgement, judgementOf } from "./judge.ts";
import type { Judges } from "./judges.ts";

/** An input that a stub can have, about which the kernel was asked. */
export interface Question {
  readonly input: BigUint64Array;
  /** @param record the input with an encoder's answer */
  judge(record: BigUint64Array): Judgement;
}

/** What the kernel is asked about one function. */
export class Inquiry {
  readonly judges: Judges;
  readonly compared: FunctionComparison;

  constructor(judges: Judges, compared: FunctionComparison) {
    this.judges = judges;
    this.compared = compared;
  }

  /** Asks the kernel about an input. @param drawn as it was drawn: it is made to fit first */
  pose(drawn: BigUint64Array): Question {
    const { layout, name } = this.compared;
    const input = new Fields(layout, drawn.slice());
    let right: bigint | Examine = 0n;
    const posed = judgementOf(() => {
      const judge = this.judges.of(name);
      judge.fit?.(input);
      right = judge.ask(input);
    });
    const examine = (given: Fields) =>
      typeof right === "bigint" ? given.returns(right) : right(given);
    return {
      input: input.record,
      judge: (record) =>
        posed.verdict === "held" ? judgementOf(() => examine(new Fields(layout, record))) : posed,
    };
  }

  /** The judgements of an encoder's answers, one for each question; its break if it does not answer all. */
  async judge(
    encoder: string,
    questions: readonly Question[],
  ): Promise<Judgement[] | BrokenEncoder> {
    const { words } = this.compared.layout;
    const records = new BigUint64Array(questions.length * words);
    for (const [i, { input }] of questions.entries()) records.set(input, i * words);
    const broken = await this.compared.breakOf(encoder, records);
    const answer = (i: number) => records.subarray(i * words, (i + 1) * words);
    return broken ?? questions.map((question, i) => question.judge(answer(i)));
  }

  /** The words of a failure as text. */
  told({ field, meant, seen }: Failed): { readonly meant: string; readonly seen: string } {
    const { places, constants } = this.compared;
    const place = places.called(field);
    return { meant: tell(place, meant, constants), seen: tell(place, seen, constants) };
  }

  /**
   * Asks the kernel which encoders are right about one input; then once more in new stubs: another process may have sent
   * a signal to one.
   *
   * @param input the words of a disagreement's minimised input
   * @param encoders whose answers are judged; "headers" are those of `native`
   * @returns undefined if the kernel does not decide
   */
  async verdict(input: BigUint64Array, encoders: readonly string[]): Promise<Verdict | undefined> {
    const { arch, name } = this.compared;
    if (arch !== HOST_ARCH) return undefined;
    const judged = await this.#judgeAll(input, encoders);
    const failed = [...judged.values()].find((each) => each.verdict === "failed");
    if (failed === undefined) return undefined;
    this.judges.renew();
    const again = await this.#judgeAll(input, encoders);
    if ([...judged].some(([each, { verdict }]) => again.get(each)?.verdict !== verdict)) {
      return undefined;
    }
    const named = (verdict: Judgement["verdict"]) =>
      [...judged].filter(([, judgement]) => judgement.verdict === verdict).map(([each]) => each);
    const { meant, seen } = this.told(failed);
    const how = failed.how ?? this.judges.of(name).asked;
    const reason = `${how}: ${failed.field} should be ${meant}, and was ${seen}`;
    return { by: "kernel", right: named("held"), wrong: named("failed"), reason };
  }

  async #judgeAll(input: BigUint64Array, encoders: readonly string[]) {
    const judged = new Map<string, Judgement>();
    const question = this.pose(input);
    for (const encoder of encoders) {
      const judgements = await this.judge(encoder, [question]);
      if (judgements instanceof BrokenEncoder) this.compared.noteBreak(encoder, judgements, input);
      else for (const judgement of judgements) judged.set(encoder, judgement);
    }
    return judged;
  }
}
