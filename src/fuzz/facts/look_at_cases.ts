import { StublabError } from "../../errors.ts";
import type { Case } from "../case/case.ts";
import type { Fields } from "../case/fields.ts";
import type { Experiment } from "../experiment.ts";
import { adoptFlags, differencesOf } from "../predict/differences.ts";
import { fieldValue, tellField } from "../tell/told.ts";
import type { Machine } from "../try/machine.ts";
import type { Trier } from "../try/trial.ts";
import type { SetupCheck, SetupFact } from "./fact.ts";
import { missing } from "./needs.ts";
import { type Counted, keyOf, twice } from "./twice.ts";
import { type CheckResult, type Unmet, type Verdict, verdictOf } from "./verdict.ts";

type Constants = ReadonlyMap<string, bigint>;

/** Looks at facts that are cases, each check in a stub that no other was made in. */
export class CaseLooker {
  readonly #experiment: Experiment;
  readonly #machine: Machine;
  /** Why cases cannot be tried here, by whether they are returns from handlers. */
  readonly #obstacles = new Map<boolean, string | undefined>();

  /** Bits of eflags that are not compared. */
  readonly #ignoredFlags: number;

  constructor(experiment: Experiment, machine: Machine, ignoredFlags = 0) {
    this.#ignoredFlags = ignoredFlags;
    this.#experiment = experiment;
    this.#machine = machine;
  }

  /** @throws what trying a case throws */
  look(fact: SetupFact): Verdict {
    const results = fact.checks.map((check) => this.#check(check));
    const contradictions = results.reduce((sum, [, count]) => sum + count, 0);
    const checks = results.map(([result]) => result);
    return verdictOf(fact, checks, contradictions);
  }

  #check(check: SetupCheck): Counted<CheckResult> {
    const { name, it, expected } = check;
    const reason = missing(check, this.#machine) ?? this.#obstacle(it);
    if (reason !== undefined) return [{ name, status: "skipped", reason, unmet: [] }, 0];
    const { trier } = this.#experiment;
    let untried: string | undefined;
    const attempt = () => {
      trier.renew();
      const [seen = new Map()] = this.#experiment.try([it]);
      untried = this.#experiment.obstacle(0);
      return untried === undefined
        ? compare(expected, seen, trier.tracer.encoder.constants, this.#ignoredFlags)
        : [];
    };
    const [unmet, contradictions] = twice(attempt, (unmet) => unmet.length === 0, keyOf);
    if (untried !== undefined) return [{ name, status: "skipped", reason: untried, unmet: [] }, 0];
    if (unmet.length === 0) return [{ name, status: "held", unmet }, contradictions];
    return [{ name, status: "failed", unmet, it }, contradictions];
  }

  #obstacle({ way }: Case): string | undefined {
    const returns = way === "SIGRETURN";
    if (!this.#obstacles.has(returns))
      this.#obstacles.set(returns, obstacleOf(this.#experiment.trier, returns));
    return this.#obstacles.get(returns);
  }
}

/** A kernel may lack what stubs need in which cases are tried, such as GETREGSET, or pidfds. */
function obstacleOf(trier: Trier, returns: boolean): string | undefined {
  try {
    return (returns ? trier.returningPid : trier.pid) > 0 ? undefined : "there is no stub";
  } catch (error) {
    if (!(error instanceof StublabError)) throw error;
    trier.renew();
    const what = returns ? "returns from signal handlers" : "cases";
    return `${what} cannot be tried: ${error.message}`;
  }
}

function compare(
  expected: Fields,
  seen: Fields,
  constants: Constants,
  ignoredFlags: number,
): Unmet[] {
  const value = (field: string, word: bigint) => {
    return field === "status" ? tellField(field, word, constants) : fieldValue(field, word);
  };
  return differencesOf(adoptFlags(expected, seen, ignoredFlags), seen).map((difference) => {
    const { field, predicted, seen: here } = difference;
    return {
      field,
      expected: value(field, predicted),
      seen: here === null ? null : value(field, here),
    };
  });
}
