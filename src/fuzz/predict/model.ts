import type { Batch } from "../case/batch.ts";
import { fuzzModule } from "../case/module.ts";
import { OUTCOME_SIZE, SETUP_SIZE } from "../case/setups.ts";
import type { Machine } from "../try/machine.ts";
import type { KnownSignatures } from "./known.ts";
import { holds, type Rule, rules, ruleText, valuesOn } from "./rules.ts";

/** A rule that is missing, has another value, or hides more than it says: a planted bug. */
export type Change =
  | { readonly id: string; readonly remove: true }
  /** A rule about what is not predicted: it applies wherever it is looked at, on each machine. */
  | { readonly id: string; readonly widen: true }
  | { readonly id: string; readonly value: string; readonly to: bigint };

/** A rule that a prediction used. */
export interface AppliedRule extends Rule {
  /** Its sentence, with its values. */
  readonly told: string;
}

/** Bits of `fields` in Known: assembly/fuzz/difference.ts. */
const [KNOWS_ERROR, KNOWS_STATUS, KNOWS_INFO, KNOWS_ADDRESS] = [1, 2, 4, 8];
/** Known in assembly/model/prediction.ts, in words of 32 bits. */
const [FIELDS, WRITTEN, STOPPED, FRAME, REASON, KNOWN_LENGTH] = [0, 1, 2, 3, 4, 5];

/** The prediction of a case: an outcome, of which some is known. It is valid until the next prediction of the thread. */
export class Prediction {
  /** In the layout of an outcome, in the module's memory; what is not known has any value. */
  readonly outcome: Uint32Array;
  readonly #known: Uint32Array;

  constructor() {
    const module = fuzzModule();
    const view = (name: string, length: number) =>
      new Uint32Array(module.buffer, module.address(name), length);
    this.outcome = view("predictedOutcome", OUTCOME_SIZE / 4);
    this.#known = view("prediction", KNOWN_LENGTH);
  }

  /** The id of the rule because of which the stop is not predicted; null if it is. */
  get unpredicted(): string | null {
    return rules()[(this.#known[REASON] ?? 0) - 1]?.id ?? null;
  }

  /** Which words are known: bit n for word n. */
  get writtenKnown(): number {
    return this.#known[WRITTEN] ?? 0;
  }

  get stoppedKnown(): number {
    return this.#known[STOPPED] ?? 0;
  }

  get frameKnown(): number {
    return this.#known[FRAME] ?? 0;
  }

  get errorKnown(): boolean {
    return this.#knows(KNOWS_ERROR);
  }

  get statusKnown(): boolean {
    return this.#knows(KNOWS_STATUS);
  }

  get infoKnown(): boolean {
    return this.#knows(KNOWS_INFO);
  }

  get addressKnown(): boolean {
    return this.#knows(KNOWS_ADDRESS);
  }

  #knows(bit: number): boolean {
    return ((this.#known[FIELDS] ?? 0) & bit) !== 0;
  }
}

/** The model that the rules in the module are those of. */
let selected: Model | undefined;

/** Predicts what the kernel and the processor of a machine do with setups, by the rules of assembly/model/. */
export class Model {
  readonly machine: Machine;
  readonly prediction = new Prediction();
  /** Globals of the module, and what they are in this model. */
  readonly #settings: readonly (readonly [WebAssembly.Global, number | bigint])[];
  readonly #change: Change | undefined;

  /** @param change a rule to remove or alter, to test what detects that */
  constructor(machine: Machine, change?: Change) {
    this.machine = machine;
    this.#change = change;
    this.#settings = [...this.#settingsOf()].map(([name, value]) => {
      const global = fuzzModule().globals.get(name);
      if (global === undefined) throw new RangeError(`the fuzzer's module has no ${name}`);
      return [global, typeof global.value === "bigint" ? BigInt(value) : Number(value)];
    });
  }

  *#settingsOf(): Generator<[name: string, value: number | bigint]> {
    const { xstateLength, xfeatures, mxcsrMask, stubCode, features } = this.machine;
    yield* Object.entries({ xstateLength, xfeatures, mxcsrMask, stubCode });
    yield ["wide", 0];
    for (const [index, rule] of rules().entries()) {
      const change = this.#change?.id === rule.id ? this.#change : undefined;
      const isWide = change !== undefined && "widen" in change;
      const isRemoved = change !== undefined && "remove" in change;
      yield [rule.id, isWide || (holds(rule, features) && !isRemoved) ? index + 1 : 0];
      if (isWide) yield ["wide", index + 1];
      for (const [name, value] of Object.entries(this.#valuesOf(rule))) {
        yield [`${rule.id}_${name}`, value];
      }
    }
  }

  #valuesOf(rule: Rule): Readonly<Record<string, bigint>> {
    const values = valuesOn(rule, this.machine.features);
    const change = this.#change;
    if (change === undefined || change.id !== rule.id || !("to" in change)) return values;
    return { ...values, [change.value]: change.to };
  }

  #select(): void {
    if (selected === this) return;
    selected = this;
    for (const [global, value] of this.#settings) global.value = value;
  }

  /** Predicts the outcome of setup `i` of a batch. */
  predict({ setups }: Pick<Batch, "setups">, i: number): Prediction {
    this.#select();
    fuzzModule().predictOne(setups.byteOffset + i * SETUP_SIZE);
    return this.prediction;
  }

  /** Predicts setup `i`, and returns whether its outcome differs. */
  differs(batch: Batch, i: number): boolean {
    this.predict(batch, i);
    return fuzzModule().differsFrom(batch.outcomes.byteOffset + i * OUTCOME_SIZE) === 1;
  }

  /**
   * Predicts, compares and signs the first `count` cases of a batch, which were tried. Fills `agreements`, `decided`,
   * `reasons`, `signatures` and `news`, and returns how many cases `news` has: those that differ, and those whose
   * signature was not there lately. The others are counted.
   */
  assess(batch: Batch, count: number, known: KnownSignatures): number {
    this.#select();
    const { setups, outcomes, agreements, decided, reasons, signatures, news } = batch;
    const filled = [agreements, decided, reasons, signatures].map(({ byteOffset }) => byteOffset);
    return Number(
      fuzzModule().assess(
        setups.byteOffset,
        outcomes.byteOffset,
        ...filled,
        known.address,
        news.byteOffset,
        count,
      ),
    );
  }

  /** Puts the registers that rt_sigreturn gives to setup `i` into a block: halves in the module's memory. */
  putReturned({ setups }: Pick<Batch, "setups">, i: number, block: Uint32Array): void {
    this.#select();
    fuzzModule().putReturned(setups.byteOffset + i * SETUP_SIZE, block.byteOffset);
  }

  /** Counts case `i` of a batch, which `assess` reported. */
  count({ outcomes, reasons }: Batch, i: number): void {
    fuzzModule().count(outcomes.byteOffset + i * OUTCOME_SIZE, reasons[i] ?? 0);
  }

  /** The rules that the prediction of setup `i` uses, in the order of their use. */
  explain(batch: Pick<Batch, "setups">, i: number): AppliedRule[] {
    return this.#used(batch, i).map((rule) => {
      const values = this.#valuesOf(rule);
      return { ...rule, values, told: ruleText(rule, values) };
    });
  }

  /** Whether the prediction of setup `i` uses a rule. */
  uses(batch: Pick<Batch, "setups">, i: number, id: string): boolean {
    return this.#used(batch, i).some((rule) => rule.id === id);
  }

  #used(batch: Pick<Batch, "setups">, i: number): Rule[] {
    this.predict(batch, i);
    const module = fuzzModule();
    return Array.from({ length: Number(module.usedRules()) }, (_, k) => {
      const rule = rules()[Number(module.usedRule(k)) - 1];
      if (rule === undefined) throw new RangeError("the module used an unknown rule");
      return rule;
    });
  }
}
