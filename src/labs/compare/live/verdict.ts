import { HOST_ARCH } from "../../../core/machine/index.ts";
import type { FunctionComparison } from "../function.ts";
import { tell } from "../meaning.ts";
import { BrokenEncoder } from "../record.ts";
import type { Verdict } from "../report.ts";
import { CONTRADICTED, judge, pose } from "./inquiry.ts";
import { type Failed, Fields, type Judgement } from "./judge.ts";
import type { Judges } from "./judges.ts";

/** What the kernel says of each encoder's answer. */
type Judged = ReadonlyMap<string, Judgement>;

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
  const { asked, sharpen } = judges.of(compared.name);
  const near = sharpen?.(new Fields(compared.layout, input)) ?? [];
  const tries = [
    { words: input, change: "" },
    ...near.map((each) => ({ words: each.input.record, change: ` (with ${each.with})` })),
  ];
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
): Promise<Judged> {
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
function conclude(judged: Judged, compared: FunctionComparison, asked: string): Verdict {
  const named = (verdict: Judgement["verdict"]) =>
    [...judged].filter(([, judgement]) => judgement.verdict === verdict).map(([name]) => name);
  for (const each of judged.values()) {
    if (each.verdict !== "failed") continue;
    const reason = `${asked}: ${describeFailure(each, compared)}`;
    return { by: "kernel", right: named("held"), wrong: named("failed"), reason };
  }
  for (const each of judged.values()) if (each.verdict === "undecided") return undecided(each.why);
  return undecided("it makes no difference to the kernel");
}

function undecided(reason: string): Verdict {
  return { by: "nobody", right: [], wrong: [], reason };
}

function describeFailure(
  { field, meant, seen, how }: Failed,
  { places, constants }: FunctionComparison,
): string {
  const place = places.called(field);
  const happened = how === undefined ? "" : `${how}; `;
  const [expected, got] = [meant, seen].map((word) => tell(place, word, constants));
  return `${happened}${field} should be ${expected}, and was ${got}`;
}
