import { HOST_ARCH } from "../../../core/machine/index.ts";
import type { FunctionComparison } from "../function.ts";
import { tell } from "../meaning.ts";
import { BrokenEncoder } from "../record.ts";
import type { Verdict } from "../report.ts";
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

/**
 * Asks the kernel which encoders are right about one input. If it makes no difference to the kernel, inputs near it are
 * tried, too.
 *
 * @param input the words of a disagreement's minimised input
 * @param encoders whose answers are judged; "headers" are those of `native`
 * @returns by "kernel" if one of them failed; by "nobody", with the reason, if the kernel does not decide
 */
export async function verdictOf(
  judges: Judges,
  compared: FunctionComparison,
  input: BigUint64Array,
  encoders: readonly string[],
): Promise<Verdict> {
  if (compared.arch !== HOST_ARCH)
    return undecided("this machine's kernel cannot be asked about it");
  const { asked, sharper } = judges.of(compared.name);
  const tries = [{ words: input, change: "" }];
  for (const word of sharper?.words ?? []) {
    const near = new Fields(compared.layout, input.slice());
    near.put(sharper?.name ?? "", word);
    const change = ` (with ${sharper?.name} = ${BigInt.asIntN(64, word)}, which asks for a restart)`;
    tries.push({ words: near.record, change });
  }
  let reason = "";
  for (const { words, change } of tries) {
    const judged = await judgeAll(judges, compared, words, encoders);
    const verdict = conclude(judged, compared, asked + change);
    if (verdict.by === "kernel") {
      judges.renew();
      const again = await judgeAll(judges, compared, words, encoders);
      if ([...judged].every(([name, each]) => again.get(name)?.verdict === each.verdict))
        return verdict;
    }
    reason ||= verdict.by === "kernel" ? CONTRADICTED : verdict.reason;
  }
  return undecided(reason);
}

async function judgeAll(
  judges: Judges,
  compared: FunctionComparison,
  input: BigUint64Array,
  encoders: readonly string[],
): Promise<ReadonlyMap<string, Judgement>> {
  const judged = new Map<string, Judgement>();
  const question = pose(judges, compared, input);
  for (const encoder of encoders) {
    const judgements = await judge(compared, encoder, [question]);
    if (judgements instanceof BrokenEncoder) compared.noteBreak(encoder, judgements, input);
    else for (const judgement of judgements) judged.set(encoder, judgement);
  }
  return judged;
}

/** @param asked what was done in a stub */
function conclude(
  judged: ReadonlyMap<string, Judgement>,
  compared: FunctionComparison,
  asked: string,
): Verdict {
  const named = (verdict: Judgement["verdict"]) =>
    [...judged].filter(([, judgement]) => judgement.verdict === verdict).map(([name]) => name);
  const [failed] = [...judged.values()].filter((each) => each.verdict === "failed");
  if (failed !== undefined) {
    const { field, how } = failed;
    const place = compared.places.called(field);
    const [meant, seen] = [failed.meant, failed.seen].map((word) =>
      tell(place, word, compared.constants),
    );
    const happened = how === undefined ? "" : `${how}; `;
    const reason = `${asked}: ${happened}${field} should be ${meant}, and was ${seen}`;
    return { by: "kernel", right: named("held"), wrong: named("failed"), reason };
  }
  const [open] = [...judged.values()].filter((each) => each.verdict === "undecided");
  return undecided(open?.why ?? "it makes no difference to the kernel");
}

function undecided(reason: string): Verdict {
  return { by: "nobody", right: [], wrong: [], reason };
}
