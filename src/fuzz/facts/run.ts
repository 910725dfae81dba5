import { hex, StublabError } from "../../errors.ts";
import type { Stub } from "../../stub/stub.ts";
import { Batch } from "../case/batch.ts";
import { writeSetup } from "../case/case.ts";
import { type Fields, readFields } from "../case/fields.ts";
import { fieldValue, tellField } from "../tell/told.ts";
import { confirm } from "../try/confirm.ts";
import type { Machine } from "../try/machine.ts";
import type { Trier } from "../try/trial.ts";
import { type Fact, NEEDS, type Need, type RequestFact, type SetupCheck } from "./fact.ts";
import { Bench, type Checked } from "./read/bench.ts";
import { type CheckResult, type Unmet, type Verdict, verdictOf } from "./verdict.ts";

type Constants = ReadonlyMap<string, bigint>;

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
  uprobe: ({ features }) => features.includes("uprobe"),
  uretprobe: ({ features }) => features.includes("uretprobe"),
};

/** Why a check cannot be made on a machine; undefined if it can. */
export function missing(
  { needs }: Pick<SetupCheck, "needs">,
  machine: Machine,
): string | undefined {
  const need = needs.find((need) => !HAS[need](machine));
  return need === undefined ? undefined : `it needs ${need}: ${NEEDS[need]}`;
}

/**
 * Looks at facts, each check of a case and each fact about requests in a new stub. What does not hold is tried again until
 * two attempts have the same result.
 *
 * @throws what trying a case throws
 */
export function* lookAt(
  facts: readonly Fact[],
  trier: Trier,
  machine: Machine,
): Generator<Verdict> {
  const batch = new Batch(1);
  let master: Stub | undefined;
  try {
    for (const fact of facts) {
      if ("look" in fact) {
        if (master?.alive !== true) master = createMaster(trier);
        yield lookAtRequests(fact, master, machine);
      } else {
        const checks = fact.checks.map((check) => lookAtCase(check, trier, machine, batch));
        const contradictions = checks.reduce((sum, [, count]) => sum + count, 0);
        yield verdictOf(
          fact,
          checks.map(([result]) => result),
          contradictions,
        );
      }
    }
  } finally {
    master?.close();
    batch.close();
  }
}

/** The parent of the tracees of facts about requests, small so that clones of it are cheap. */
function createMaster({ tracer }: Trier): Stub {
  const master = tracer.createStub();
  master.scrub();
  return master;
}

/** A result, and how many attempts did not count. */
type Counted<T> = readonly [result: T, contradictions: number];

function lookAtCase(
  check: SetupCheck,
  trier: Trier,
  machine: Machine,
  batch: Batch,
): Counted<CheckResult> {
  const { name, it, expected } = check;
  const reason = missing(check, machine);
  if (reason !== undefined) return [{ name, status: "skipped", reason, unmet: [] }, 0];
  writeSetup(it, batch, 0);
  if (it.way === "SIGRETURN") {
    const obstacle = obstacleOf(trier);
    if (obstacle !== undefined)
      return [{ name, status: "skipped", reason: obstacle, unmet: [] }, 0];
  }
  const attempt = () => {
    trier.renew();
    trier.run(batch, 1);
    return compare(expected, readFields(it, batch, 0), trier.tracer.encoder.constants);
  };
  const [unmet, contradictions] = twice(attempt, (unmet) => unmet.length === 0, keyOf);
  if (unmet.length === 0) return [{ name, status: "held", unmet }, contradictions];
  return [{ name, status: "failed", unmet, it }, contradictions];
}

/** Why a machine cannot try returns from signal handlers: gVisor, for one, lacks what guards their stubs. */
function obstacleOf(trier: Trier): string | undefined {
  try {
    return trier.returningPid > 0 ? undefined : "no stub can return from a signal handler";
  } catch (error) {
    if (!(error instanceof StublabError)) throw error;
    return `no stub can return from a signal handler: ${error.message}`;
  }
}

function lookAtRequests(fact: RequestFact, master: Stub, machine: Machine): Verdict {
  const attempt = () => lookOnce(fact, master, machine);
  const held = (results: readonly CheckResult[]) =>
    results.every(({ status }) => status !== "failed");
  const key = (results: readonly CheckResult[]) => {
    return results.map(({ name, status, unmet }) => `${name} ${status} ${keyOf(unmet)}`).join("\n");
  };
  const [results, contradictions] = twice(attempt, held, key);
  return verdictOf(fact, results, contradictions);
}

/** The first result if it holds, else the one that two attempts have. */
function twice<T>(
  attempt: () => T,
  holds: (it: T) => boolean,
  keyOf: (it: T) => string,
): Counted<T> {
  const first = attempt();
  if (holds(first)) return [first, 0];
  const { outcome, contradictions } = confirm(first, attempt, keyOf);
  return [outcome ?? first, contradictions];
}

function lookOnce({ look }: RequestFact, master: Stub, machine: Machine): CheckResult[] {
  const bench = new Bench(master, machine);
  try {
    try {
      look(bench, bench.tracee());
    } finally {
      bench.close();
    }
  } catch (error) {
    // A tracee that is not where it should be is a result, too.
    if (!(error instanceof StublabError)) throw error;
    const differences = [{ field: "error", expected: "none", seen: error.message }];
    bench.checked.push({ name: "the remaining checks", differences });
  }
  return bench.checked.map(resultOf);
}

function resultOf(checked: Checked): CheckResult {
  const { name } = checked;
  if ("reason" in checked) return { name, status: "skipped", reason: checked.reason, unmet: [] };
  const unmet = checked.differences.map(({ field, expected, seen }) => {
    return { field, expected: text(expected), seen: seen === undefined ? null : text(seen) };
  });
  return { name, status: unmet.length === 0 ? "held" : "failed", unmet };
}

function text(value: unknown): string | number {
  return typeof value === "number" ? value : typeof value === "bigint" ? hex(value) : String(value);
}

function keyOf(unmet: readonly Unmet[]): string {
  return unmet.map(({ field }) => field).join();
}

function compare(expected: Fields, seen: Fields, constants: Constants): Unmet[] {
  const value = (field: string, word: bigint) => {
    return field === "status" ? tellField(field, word, constants) : fieldValue(field, word);
  };
  return [...expected]
    .filter(([field, word]) => seen.get(field) !== word)
    .map(([field, word]) => {
      const here = seen.get(field);
      const text = here === undefined ? null : value(field, here);
      return { field, expected: value(field, word), seen: text };
    });
}
