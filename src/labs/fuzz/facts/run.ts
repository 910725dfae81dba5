import type { Machine } from "../try/machine.ts";
import type { CaseTrier } from "../try/trial.ts";
import type { Fact } from "./fact.ts";
import { CaseLooker } from "./look_at_cases.ts";
import { RequestLooker } from "./look_at_requests.ts";
import { excuse, type Verdict } from "./verdict.ts";

/** What a machine is known to do otherwise. */
export interface KnownFacts {
  /** What reports call it: the name of a list, or a file. */
  readonly name: string;
  /** Names of facts, or of checks of theirs as `nameOfCheck` has them. */
  readonly facts: ReadonlySet<string>;
  /** Bits of eflags that are not compared. */
  readonly ignoredFlags: number;
}

/** The stubs in which facts are looked at, and the machine that they are on: a part of an experiment. */
export interface FactStubs {
  readonly trier: CaseTrier;
  readonly machine: Machine;
}

const NONE: KnownFacts = { name: "", facts: new Set(), ignoredFlags: 0 };

/**
 * Looks at facts, each check of a case and each fact about requests in new stubs. What does not
 * hold is tried again until two attempts have the same result.
 *
 * @param known what is known not to hold
 *
 * @throws what trying a case, and creating stubs, throws
 */
export function* lookAt(
  facts: readonly Fact[],
  { trier, machine: own }: FactStubs,
  machine = own,
  known: KnownFacts = NONE,
): Generator<Verdict> {
  const cases = new CaseLooker(trier, machine, known.ignoredFlags);
  const requests = new RequestLooker(trier.tracer, machine);
  try {
    for (const fact of facts)
      yield excuse("steps" in fact ? requests.look(fact) : cases.look(fact), known.facts);
  } finally {
    requests.close();
    cases.close();
  }
}
