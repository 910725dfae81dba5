import type { Experiment } from "../experiment.ts";
import type { Fact } from "./fact.ts";
import { CaseLooker } from "./look_at_cases.ts";
import { RequestLooker } from "./look_at_requests.ts";
import { excuse, type Verdict } from "./verdict.ts";

/**
 * Looks at facts, each check of a case and each fact about requests in new stubs. What does not
 * hold is tried again until two attempts have the same result.
 *
 * @param known names of facts, and of checks, that are known not to hold
 *
 * @throws what trying a case, and creating stubs, throws
 */
export function* lookAt(
  facts: readonly Fact[],
  experiment: Experiment,
  machine = experiment.machine,
  known: ReadonlySet<string> = new Set(),
): Generator<Verdict> {
  const cases = new CaseLooker(experiment, machine);
  const requests = new RequestLooker(experiment.trier, machine);
  try {
    for (const fact of facts)
      yield excuse("look" in fact ? requests.look(fact) : cases.look(fact), known);
  } finally {
    requests.close();
  }
}
