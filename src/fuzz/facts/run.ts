import { Batch } from "../case/batch.ts";
import { writeSetup } from "../case/case.ts";
import { type Fields, readFields } from "../case/fields.ts";
import { confirm } from "../try/confirm.ts";
import type { Machine } from "../try/machine.ts";
import type { Trier } from "../try/trial.ts";
import { type Fact, NEEDS, type Need } from "./fact.ts";

/** A field that is other than a fact has it. */
export interface Unmet {
  readonly field: string;
  readonly expected: bigint;
  /** Null where it was not come to. */
  readonly seen: bigint | null;
}

/** What became of a fact here; `contradictions` are attempts that others contradict, and do not count. */
export type Verdict =
  | { readonly fact: Fact; readonly held: true; readonly contradictions: number }
  | {
      readonly fact: Fact;
      readonly held: false;
      readonly contradictions: number;
      readonly unmet: readonly Unmet[];
    }
  | { readonly fact: Fact; readonly held: null; readonly reason: string };

/** XFEATURE_YMM. */
const AVX = 4;

const HAS: Readonly<Record<Need, (machine: Machine) => boolean>> = {
  PTRACE_SET_SYSCALL_INFO: ({ features }) => features.includes("set_syscall_info"),
  "32-bit calls": ({ features }) => features.includes("ia32"),
  FSGSBASE: ({ features }) => features.includes("fsgsbase"),
  LA57: ({ features }) => features.includes("la57"),
  "no LA57": ({ features }) => !features.includes("la57"),
  XSAVE: ({ xstateLength }) => xstateLength > 0,
  AVX: ({ xfeatures }) => (xfeatures & AVX) !== 0,
};

/** Why a fact cannot be looked at here; undefined where it can. */
export function missing({ needs }: Fact, machine: Machine): string | undefined {
  const need = needs.find((need) => !HAS[need](machine));
  return need === undefined ? undefined : `it needs ${need}: ${NEEDS[need]}`;
}

/**
 * Looks at facts, each in a stub that has seen none before. One that does not hold is tried again until two attempts come to
 * the same.
 *
 * @throws what trying a case throws
 */
export function* lookAt(
  facts: readonly Fact[],
  trier: Trier,
  machine: Machine,
): Generator<Verdict> {
  const batch = new Batch(1);
  try {
    for (const fact of facts) yield lookAtOne(fact, trier, machine, batch);
  } finally {
    batch.close();
  }
}

function lookAtOne(fact: Fact, trier: Trier, machine: Machine, batch: Batch): Verdict {
  const reason = missing(fact, machine);
  if (reason !== undefined) return { fact, held: null, reason };
  writeSetup(fact.it, batch, 0);
  const attempt = () => {
    trier.renew();
    trier.run(batch, 1);
    return compare(fact.expected, readFields(fact.it, batch, 0));
  };
  const first = attempt();
  if (first.length === 0) return { fact, held: true, contradictions: 0 };
  const { outcome, contradictions } = confirm(first, attempt, (unmet) =>
    unmet.map(({ field }) => field).join(),
  );
  const unmet = outcome ?? first;
  return unmet.length === 0
    ? { fact, held: true, contradictions }
    : { fact, held: false, contradictions, unmet };
}

function compare(expected: Fields, seen: Fields): Unmet[] {
  return [...expected]
    .filter(([field, word]) => seen.get(field) !== word)
    .map(([field, word]) => ({ field, expected: word, seen: seen.get(field) ?? null }));
}
