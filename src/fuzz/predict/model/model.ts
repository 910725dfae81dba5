import type { Batch } from "../../case/batch.ts";
import { ONS, SETUP, setupAt, WAYS } from "../../case/setups.ts";
import type { Machine } from "../../try/machine.ts";
import { Book, type Change } from "./book.ts";
import { Prediction } from "./prediction.ts";
import { ResumePhase } from "./resume.ts";
import { ReturnPhase } from "./return.ts";
import { RULES, type Rule } from "./rules.ts";
import { ORIG_RAX, State } from "./state.ts";
import { WritePhase } from "./write.ts";

export type { Change } from "./book.ts";
export { RULES, type Rule } from "./rules.ts";

const NONE = ONS.indexOf("NONE");
const SIGRETURN = WAYS.indexOf("SIGRETURN");

/** A rule that had a part in a prediction. */
export interface AppliedRule extends Rule {
  /** Its sentence, with its numbers. */
  readonly told: string;
}

/** What the kernel and the processor should make of a setup, on a machine. */
export class Model {
  readonly machine: Machine;
  readonly #book: Book;
  readonly #write: WritePhase;
  readonly #return: ReturnPhase;
  readonly #resume: ResumePhase;
  readonly #state = new State();
  readonly #change: Change | undefined;

  /** @param change a rule that is taken away or altered, for tests of what finds that out */
  constructor(machine: Machine, change?: Change) {
    this.machine = machine;
    this.#change = change;
    this.#book = new Book(machine, change);
    this.#write = new WritePhase(this.#book, machine);
    this.#return = new ReturnPhase(this.#book);
    this.#resume = new ResumePhase(this.#book, machine);
  }

  /** Predicts what setup `i` of a batch comes to. */
  predict({ setups }: Pick<Batch, "setups">, i: number, into: Prediction): void {
    const at = setupAt(i);
    const state = this.#state;
    into.clear();
    state.start(into.stopped);
    if ((((setups[at + SETUP.kinds] ?? 0) >>> 8) & 0xff) === SIGRETURN) {
      this.#predictReturn(setups, at, into);
      return;
    }
    const error = this.#write.write(setups, at, state, into);
    const on = ((setups[at + SETUP.kinds] ?? 0) >>> 16) & 0xff;
    if (into.unpredicted !== null) return;
    if (error !== 0 || on === NONE) {
      into.resumed(-1, 0);
      into.info(0, 0, 0, 0);
    } else this.#resume.resume(setups, at, state, into);
  }

  #predictReturn(setups: Uint32Array, at: number, into: Prediction): void {
    into.wrote(0, -1);
    this.#return.put(setups, at, this.#state.words, 0);
    this.#resume.resume(setups, at, this.#state, into);
    // A handler does not see it.
    into.stoppedKnown &= ~(1 << ORIG_RAX);
  }

  /** The rules that a prediction comes from, in the order in which they were applied. */
  explain(batch: Pick<Batch, "setups">, i: number): AppliedRule[] {
    const trace: number[] = [];
    const prediction = new Prediction();
    this.#book.trace = trace;
    try {
      this.predict(batch, i, prediction);
    } finally {
      this.#book.trace = undefined;
      prediction.close();
    }
    return [...new Set(trace)].flatMap((index) => {
      const rule = RULES[index];
      return rule === undefined ? [] : [{ ...rule, told: tell(this.#altered(rule)) }];
    });
  }

  /** A rule with the number that it has in this model. */
  #altered(rule: Rule): Rule {
    const change = this.#change;
    if (change === undefined || change.id !== rule.id || !("to" in change)) return rule;
    return { ...rule, values: { ...rule.values, [change.value]: change.to } };
  }
}

/** A rule's sentence with its numbers in their places. */
export function tell({ text, values }: Rule): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => show(values[name] ?? 0n));
}

/** Small numbers as people count, others as masks and addresses are written. */
function show(value: bigint): string {
  return value > -1024n && value < 1024n
    ? String(value)
    : `0x${BigInt.asUintN(64, value).toString(16)}`;
}
