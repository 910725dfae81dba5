import { hex } from "../../../lib/errors.ts";
import { formatCase } from "../case/text.ts";
import type { Path } from "../draw/arch.ts";
import { formatPlant } from "../predict/plant.ts";
import { holds, type Phase, ruleOf, rules, textOn } from "../predict/rules.ts";
import { digestOf } from "../predict/signature.ts";
import type { FuzzOptions, FuzzResult } from "../run/options.ts";
import { causeTable } from "./attribution.ts";
import { causeRows, unconfirmedRows } from "./causes.ts";
import { differenceTable } from "./told.ts";

/** The phase of the rules that a path does not reach. */
const OTHER_PHASE: Readonly<Record<Path, Phase | undefined>> = {
  ...{ ptrace: "return", sigreturn: "write", both: undefined },
};

export const FUZZ_SCHEMA = "stublab.fuzz/1";

/** The result of a run as a document "stublab.fuzz/1" (docs/fuzzing.md). */
export type FuzzReport = ReturnType<typeof reportOf>;

export function reportOf(
  result: FuzzResult,
  { corpus, workers = 1, change }: Pick<FuzzOptions, "corpus" | "workers" | "change">,
) {
  const { path, machine, state, cases, seconds } = result;
  const { counts } = state;
  const share = (part: number) => (counts.cases === 0 ? 0 : part / counts.cases);
  // In the order of the rules: that in which rounds end is another each time.
  const order = new Map(rules().map(({ id }, i) => [id, i]));
  const table = (cases: ReadonlyMap<string, number>) =>
    [...cases]
      .sort(([a], [b]) => (order.get(a) ?? -1) - (order.get(b) ?? -1))
      .map(([id, number]) => {
        const rule = ruleOf(id);
        const text = rule === undefined ? "" : textOn(rule, machine.features);
        return { rule: id, text, cases: number, share: share(number) };
      });
  const unpredicted = table(counts.unpredicted);
  const removed = change !== undefined && "remove" in change ? change.id : undefined;
  const held = rules().filter((rule) => rule.id !== removed && holds(rule, machine.features));
  const all = unpredicted.reduce((sum, each) => sum + each.cases, 0);
  const untried = [...counts.untried.values()].reduce((sum, cases) => sum + cases, 0);
  return {
    machine,
    seed: hex(result.seed),
    path,
    focus: result.focus ?? null,
    planted: change === undefined ? null : formatPlant(change),
    shard: result.shard ?? null,
    workers,
    corpus: corpus ?? null,
    interrupted: result.interrupted,
    cases: counts.cases,
    signatures: state.kinds,
    digest: hex(digestOf(state.signatures.map(({ signature }) => signature))),
    deaths: counts.deaths,
    hangs: counts.hangs,
    unpredicted: { cases: all, share: share(all), rules: unpredicted },
    untried: {
      cases: untried,
      share: share(untried),
      reasons: [...counts.untried].sort().map(([reason, cases]) => {
        return { reason, cases, share: share(cases) };
      }),
    },
    exercised: {
      rules: table(counts.exercised),
      unreached: held
        .filter(({ id, phase }) => phase !== OTHER_PHASE[path] && !counts.exercised.has(id))
        .map(({ id }) => id),
    },
    session: {
      cases,
      seconds: Math.round(seconds * 1000) / 1000,
      casesPerSecond: seconds > 0 ? Math.round(cases / seconds) : 0,
      unconfirmed: result.unconfirmed,
    },
    unconfirmed: {
      cases: counts.unconfirmed,
      causes: unconfirmedRows(state.once, machine),
    },
    causes: causeRows(result.findings, counts, machine).map(({ found, ...cause }) => ({
      ...cause,
      findings: found.map(({ signature }) => signature),
    })),
    findings: result.findings.map(
      ({ signature, index, original, it, differences, causes, subject, folder }) => ({
        signature,
        index,
        subject: subject ?? null,
        case: formatCase(it),
        original: formatCase(original),
        differences: differenceTable(differences),
        causes: causeTable(causes, machine),
        folder,
      }),
    ),
  };
}
