import { StublabError } from "../../../lib/errors.ts";
import { Batch } from "../case/batch.ts";
import type { Case } from "../case/case.ts";
import { type Fields, readFields } from "../case/fields.ts";
import { adoptFlags, differencesOf } from "../predict/differences.ts";
import { fieldValue, tellField } from "../tell/told.ts";
import type { Machine } from "../try/machine.ts";
import type { CaseTrier } from "../try/trial.ts";
import { obstacleOf, obstacleText } from "../try/untried.ts";
import type { SetupCheck, SetupFact } from "./fact.ts";
import { missing } from "./needs.ts";
import { type Counted, keyOf, twice } from "./twice.ts";
import { type CheckResult, type Unmet, type Verdict, verdictOf } from "./verdict.ts";

type Constants = ReadonlyMap<string, bigint>;

/** Looks at facts that are cases, each check in a stub that no other was made in. */
export class CaseLooker {
  readonly #trier: CaseTrier;
  readonly #machine: Machine;
  /** Why cases cannot be tried here, by whether they are returns from handlers. */
  readonly #obstacles = new Map<boolean, string | undefined>();

  /** Bits of eflags that are not compared. */
  readonly #ignoredFlags: number;

  /** One case, made when the first is tried. */
  #batch: Batch | undefined;

  constructor(trier: CaseTrier, machine: Machine, ignoredFlags = 0) {
    this.#ignoredFlags = ignoredFlags;
    this.#trier = trier;
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
    const trier = this.#trier;
    let untried: string | undefined;
    const attempt = () => {
      trier.renew();
      this.#batch ??= new Batch(1);
      this.#batch.put([it]);
      trier.run(this.#batch, 1);
      const seen = readFields(it, this.#batch, 0);
      const key = obstacleOf(this.#batch, 0);
      untried = key && obstacleText(key);
      return untried === undefined
        ? compare(expected, seen, trier.tracer.encoder.constants, this.#ignoredFlags)
        : [];
    };
    const [unmet, contradictions] = twice(attempt, (unmet) => unmet.length === 0, keyOf);
    if (untried !== undefined) return [{ name, status: "skipped", reason: untried, unmet: [] }, 0];
    if (unmet.length === 0) return [{ name, status: "held", unmet }, contradictions];
    return [{ name, status: "failed", unmet, it }, contradictions];
  }

  close(): void {
    this.#batch?.close();
  }

  #obstacle({ way }: Case): string | undefined {
    const returns = way === "SIGRETURN";
    if (!this.#obstacles.has(returns)) this.#obstacles.set(returns, whyNot(this.#trier, returns));
    return this.#obstacles.get(returns);
  }
}

/** A kernel may lack what stubs need in which cases are tried, such as GETREGSET, or pidfds. */
function whyNot(trier: CaseTrier, returns: boolean): string | undefined {
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
