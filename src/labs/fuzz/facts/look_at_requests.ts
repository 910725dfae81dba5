import type { Stub } from "../../../core/stub/stub.ts";
import type { Tracer } from "../../../core/stub/tracer.ts";
import type { Machine } from "../try/machine.ts";
import type { RequestFact } from "./fact.ts";
import { lookAtRequests } from "./read/bench.ts";
import { keyOf, twice } from "./twice.ts";
import { type CheckResult, type Verdict, verdictOf } from "./verdict.ts";

/** Looks at facts about requests, each with tracees of its own. */
export class RequestLooker {
  readonly #tracer: Tracer;
  readonly #machine: Machine;
  #master: Stub | undefined;

  constructor(tracer: Tracer, machine: Machine) {
    this.#tracer = tracer;
    this.#machine = machine;
  }

  /** @throws what creating the tracees' parent throws */
  look(fact: RequestFact): Verdict {
    const attempt = () => lookAtRequests(fact, this.#ready(), this.#machine);
    const [results, contradictions] = twice(attempt, allHold, keyOfAll);
    return verdictOf(fact, results, contradictions);
  }

  close(): void {
    this.#master?.close();
  }

  /** The parent of the tracees, small so that clones of it are cheap. */
  #ready(): Stub {
    if (this.#master?.alive !== true) {
      this.#master = this.#tracer.createStub();
      this.#master.scrub();
    }
    return this.#master;
  }
}

function allHold(results: readonly CheckResult[]): boolean {
  return results.every(({ status }) => status !== "failed");
}

function keyOfAll(results: readonly CheckResult[]): string {
  return results.map(({ name, status, unmet }) => `${name} ${status} ${keyOf(unmet)}`).join("\n");
}
