import type { FunctionComparison } from "../function.ts";
import type { BrokenEncoder } from "../record.ts";
import { Fields, type Judgement, judgementOf } from "./judge.ts";
import type { Judges } from "./open.ts";

/** Why nothing is decided if two attempts differ: another process may have sent a signal to the stub. */
export const CONTRADICTED = "another attempt contradicts the first";

/**
 * An encoder's answers to inputs: for each, what makes the kernel judge it.
 *
 * @param inputs as they were drawn: they are made to fit first
 * @returns the break of an encoder that does not answer all
 */
export async function ask(
  judges: Judges,
  compared: FunctionComparison,
  encoder: string,
  inputs: readonly BigUint64Array[],
): Promise<(() => Judgement)[] | BrokenEncoder> {
  const { layout, name } = compared;
  const records = new BigUint64Array(inputs.length * layout.words);
  const asked = inputs.map((drawn, i) => {
    const input = new Fields(layout, drawn.slice());
    const fit = judgementOf(() => judges.of(name).fit?.(input));
    const start = i * layout.words;
    records.set(input.record, start);
    const answered = new Fields(layout, records.subarray(start, start + layout.words));
    return () =>
      fit.verdict === "held" ? judgementOf(() => judges.of(name).judge(input, answered)) : fit;
  });
  return (await compared.breakOf(encoder, records)) ?? asked;
}
