import type { FunctionComparison } from "../function.ts";
import type { BrokenEncoder } from "../record.ts";
import { type Examine, Fields, type Judgement, judgementOf } from "./judge.ts";
import type { Judges } from "./judges.ts";

/** Why nothing is decided if two attempts differ: another process may have sent a signal to the stub. */
export const CONTRADICTED = "another attempt contradicts the first";

/** An input that a stub can have, about which the kernel was asked. */
export interface Question {
  readonly input: BigUint64Array;
  /** @param record the input with an encoder's answer */
  judge(record: BigUint64Array): Judgement;
}

/** Asks the kernel about an input. @param drawn as it was drawn: it is made to fit first */
export function pose(
  judges: Judges,
  { layout, name }: FunctionComparison,
  drawn: BigUint64Array,
): Question {
  const input = new Fields(layout, drawn.slice());
  let right: bigint | Examine = 0n;
  const posed = judgementOf(() => {
    const judge = judges.of(name);
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
export async function judge(
  compared: FunctionComparison,
  encoder: string,
  questions: readonly Question[],
): Promise<Judgement[] | BrokenEncoder> {
  const { words } = compared.layout;
  const records = new BigUint64Array(questions.length * words);
  for (const [i, { input }] of questions.entries()) records.set(input, i * words);
  const broken = await compared.breakOf(encoder, records);
  const answer = (i: number) => records.subarray(i * words, (i + 1) * words);
  return broken ?? questions.map((question, i) => question.judge(answer(i)));
}
