import type { FunctionComparison } from "../function.ts";
import { tell } from "../meaning.ts";
import type { Verdict } from "../report.ts";
import { ask, CONTRADICTED, fit } from "./ask.ts";
import { Fields, type Judge, type Judgement } from "./judge.ts";
import { type Judges, judgeOf } from "./open.ts";

/** What the kernel says of each encoder's answer. */
type Judged = ReadonlyMap<string, Judgement>;
type Failed = Extract<Judgement, { verdict: "failed" }>;

/**
 * Asks the kernel who is right about one input. Where it makes no difference to the kernel, inputs near it are
 * asked about in which it may.
 *
 * @param input the words of a disagreement's minimised input
 * @param encoders whose answers are asked about; "headers" are those of `native`
 * @returns by "kernel" where one of them failed; by "nobody", with the reason, where the kernel does not tell
 */
export async function verdictOf(
  judges: Judges,
  compared: FunctionComparison,
  input: BigUint64Array,
  encoders: readonly string[],
): Promise<Verdict> {
  const isJudged = compared.arch === "amd64" && judges.get(compared.name) !== undefined;
  if (!isJudged) return undecided("this machine's kernel cannot be asked about it");
  const attempt = (words: BigUint64Array) =>
    judgeAll(judgeOf(judges, compared), compared, words, encoders);
  let reason = "";
  const near = judgeOf(judges, compared).sharpen?.(new Fields(compared.layout, input)) ?? [];
  const sharper = near.map((each) => ({ with: each.with, input: each.input.record }));
  for (const each of [{ with: "", input }, ...sharper]) {
    const judged = await attempt(each.input);
    const verdict = conclude(judgeOf(judges, compared), judged, compared, each.with);
    if (verdict.by !== "kernel") {
      reason ||= verdict.reason;
      continue;
    }
    judges.renew();
    if (sameVerdicts(judged, await attempt(each.input))) return verdict;
    reason ||= CONTRADICTED;
  }
  return undecided(reason);
}

/** Whether two attempts come to the same about each encoder. */
function sameVerdicts(a: Judged, b: Judged): boolean {
  return [...a].every(([encoder, { verdict }]) => b.get(encoder)?.verdict === verdict);
}

async function judgeAll(
  judge: Judge,
  compared: FunctionComparison,
  input: BigUint64Array,
  encoders: readonly string[],
): Promise<Judged> {
  const fitted = input.slice();
  const unfit = fit(judge, compared.layout, fitted);
  const judged = new Map<string, Judgement>();
  for (const encoder of encoders) {
    const answered = await compared.record(encoder, fitted);
    if (answered !== undefined)
      judged.set(encoder, unfit ?? ask(judge, compared.layout, fitted, answered));
  }
  return judged;
}

function conclude(
  judge: Judge,
  judged: Judged,
  compared: FunctionComparison,
  sharper: string,
): Verdict {
  const named = (verdict: Judgement["verdict"]) =>
    [...judged].filter(([, judgement]) => judgement.verdict === verdict).map(([name]) => name);
  const wrong = named("failed");
  const right = named("held");
  const failed = [...judged.values()].find((each): each is Failed => each.verdict === "failed");
  if (failed !== undefined) {
    return { by: "kernel", right, wrong, reason: tellFailure(judge, failed, compared, sharper) };
  }
  for (const judgement of judged.values()) {
    if (judgement.verdict === "undecided") return undecided(judgement.why);
  }
  return undecided("it makes no difference to the kernel");
}

function undecided(reason: string): Verdict {
  return { by: "nobody", right: [], wrong: [], reason };
}

function tellFailure(
  judge: Judge,
  { field, meant, seen, how }: Failed,
  { places, constants }: FunctionComparison,
  sharper: string,
): string {
  const place = places.called(field);
  const asked = sharper === "" ? judge.asked : `${judge.asked} (with ${sharper})`;
  const happened = how === undefined ? "" : `${how}; `;
  return (
    `${asked}: ${happened}${field} should be ${tell(place, meant, constants)}, ` +
    `and was ${tell(place, seen, constants)}`
  );
}
