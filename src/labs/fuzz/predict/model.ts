import { Batch } from "../case/batch.ts";
import { type Case, type Step, stepsOf } from "../case/case.ts";
import {
  type Fields,
  KNOWS,
  type Known,
  namesOfPart,
  type Outcome,
  PARTS,
  writeFields,
} from "../case/fields.ts";
import { fuzzModule } from "../case/module.ts";
import { OUTCOME_SIZE, SETUP_SIZE } from "../case/records.ts";
import { componentRecords, FEATURES, type Feature, featureSet, type Machine } from "../machine.ts";
import type { Change } from "./plant.ts";
import { placeOfNumber, type Rule, rules, ruleText, valuesOn } from "./rules.ts";

export type { Change };

/** Deviations of a machine that are known. */
export interface Deviations {
  readonly changes: readonly Change[];
  /** Bits of eflags that are not compared. */
  readonly ignoredFlags: number;
}

/** A rule that a prediction used. */
export interface AppliedRule extends Rule {
  /** Its sentence, with its values. */
  readonly told: string;
}

/** The prediction of a case: an outcome, of which some is known. */
export interface Prediction extends Known {
  /** In the module's memory, until the next prediction of the thread; what is not known is arbitrary. */
  readonly outcome: Outcome;
  /** The id of the rule because of which the stop is not predicted; null if it is. */
  readonly unpredicted: string | null;
}

/** What explains a contradiction; nothing, if no single rule does. */
export interface Causes {
  /** In the order in which the prediction used them. */
  readonly rules: readonly AppliedRule[];
  /** Features that the machine has, or lacks, if the outcome is right. */
  readonly features: readonly Feature[];
  /** Planted bugs and known deviations without which it is as predicted. */
  readonly alterations: readonly Change[];
}

/** What an alteration of rules does: assembly/fuzz/alterations.ts. */
const [REMOVE, WIDEN, NUMBER] = [0, 1, 2];
/** What the module finds: rules below, then features and alterations (assembly/fuzz/cause.ts). */
const [FIRST_FEATURE, FIRST_ALTERATION] = [256, 512];

function alterationOf(change: Change): [kind: number, place: number, word: bigint] {
  if ("to" in change)
    return [NUMBER, placeOfNumber(change.id, change.value), BigInt.asUintN(64, change.to)];
  const place = 1 + rules().findIndex(({ id }) => id === change.id);
  return ["widen" in change ? WIDEN : REMOVE, place, 0n];
}

/** The model that the rules in the module are those of. */
let selected: Model | undefined;

/** Predicts what the kernel and the processor of a machine do with setups, by the rules of assembly/model/. */
export class Model {
  readonly machine: Machine;
  readonly #outcome: Outcome;
  /** Known in assembly/model/prediction.ts. */
  readonly #known: Uint32Array;
  readonly #changes: readonly Change[];
  /** The components of the module's machine. */
  readonly #components: Uint32Array;
  readonly #ignoredFlags: number;

  /**
   * @param change a rule to remove or alter, to test what detects that
   * @param known what the machine is known to do otherwise
   */
  constructor(machine: Machine, change?: Change, known?: Deviations) {
    const module = fuzzModule();
    const outcome = module.address("predictedOutcome");
    this.machine = machine;
    const own = change === undefined ? [] : [change];
    this.#changes = [...(known?.changes ?? []), ...own];
    this.#ignoredFlags = known?.ignoredFlags ?? 0;
    this.#outcome = {
      halves: new Uint32Array(module.buffer, outcome, OUTCOME_SIZE / 4),
      words: new BigUint64Array(module.buffer, outcome, OUTCOME_SIZE / 8),
    };
    this.#known = new Uint32Array(module.buffer, module.address("prediction"), 5);
    const records = componentRecords(machine.components);
    this.#components = new Uint32Array(module.buffer, module.address("components"), records.length);
  }

  #valuesOf(rule: Rule): Readonly<Record<string, bigint>> {
    const altered = this.#changes.flatMap((change) =>
      change.id === rule.id && "to" in change ? [[change.value, change.to] as const] : [],
    );
    return { ...valuesOn(rule, this.machine.features), ...Object.fromEntries(altered) };
  }

  /** Lets the module predict by this model. */
  select(): void {
    if (selected === this) return;
    selected = this;
    const module = fuzzModule();
    const { xstateLength, xcr0, frameLength, xfeatures, mxcsrMask, stubCode } = this.machine;
    const numbers = { xstateLength, xcr0, frameLength, xfeatures, mxcsrMask };
    for (const [name, value] of Object.entries(numbers)) module.global(name).value = value;
    module.global("stubCode").value = BigInt(stubCode);
    module.global("ignoredFlags").value = BigInt(this.#ignoredFlags);
    module.selectMachine(featureSet(this.machine.features));
    for (const change of this.#changes) module.alter(...alterationOf(change));
    this.#components.set(componentRecords(this.machine.components));
  }

  /** Bits of eflags or pstate that are not compared. */
  get ignoredFlags(): bigint {
    this.select();
    return BigInt.asUintN(64, BigInt(fuzzModule().global("ignoredFlags").value));
  }

  #predict({ setups }: Pick<Batch, "setups">, i: number): void {
    this.select();
    fuzzModule().predictOne(setups.byteOffset + i * SETUP_SIZE);
  }

  /** Predicts the outcome of setup `i` of a batch, after those of the steps before it, which are side by side with it. */
  predict(batch: Pick<Batch, "setups">, i: number): Prediction {
    this.#predict(batch, i);
    return this.prediction;
  }

  /** The last prediction. */
  get prediction(): Prediction {
    const [fields = 0, written = 0, stopped = 0, frame = 0, reason = 0] = this.#known;
    const unpredicted = rules()[reason - 1]?.id ?? null;
    return { outcome: this.#outcome, unpredicted, fields, written, stopped, frame };
  }

  /** Predicts setup `i`, and returns whether its outcome differs. */
  differs(batch: Batch, i: number): boolean {
    this.#predict(batch, i);
    return fuzzModule().differsFrom(batch.outcomes.byteOffset + i * OUTCOME_SIZE) === 1;
  }

  /**
   * A hash below 2^52 of what the last prediction determines of the outcome of setup `i`. Predictions that determine other fields
   * have other hashes.
   */
  hash({ setups }: Batch, i: number): number {
    const module = fuzzModule();
    const outcome = module.address("predictedOutcome");
    return Number(module.hashOutcome(setups.byteOffset + i * SETUP_SIZE, outcome));
  }

  /** The rules that the prediction of setup `i` uses, in the order of their use. */
  explain(batch: Pick<Batch, "setups">, i: number): AppliedRule[] {
    this.#predict(batch, i);
    return this.used.map((rule) => this.#applied(rule));
  }

  #applied(rule: Rule): AppliedRule {
    const values = this.#valuesOf(rule);
    return { ...rule, values, told: ruleText(rule, values) };
  }

  /**
   * The causes of what differs first in the outcomes of a case, which the module finds (assembly/fuzz/cause.ts).
   *
   * @param outcomes the fields of its steps that are compared; a step that lacks them is not
   */
  causesOf(it: Case, outcomes: readonly Fields[]): Causes {
    this.select();
    const steps = stepsOf(it);
    const module = fuzzModule();
    const size = KNOWN_SIZE * steps.length;
    using batch = new Batch(steps.length);
    const [last = 0] = batch.put([it]);
    const at = module.reserve(size);
    const compared = new Uint32Array(module.buffer, at, size / 4);
    for (const [i, step] of steps.entries()) {
      const fields = outcomes[i] ?? new Map();
      writeFields(step, fields, batch, i);
      compared.set(knownOf(step, fields), (i * KNOWN_SIZE) / 4);
    }
    const setup = batch.setups.byteOffset + last * SETUP_SIZE;
    const outcome = batch.outcomes.byteOffset + last * OUTCOME_SIZE;
    const count = Number(module.findCauses(setup, outcome, at));
    module.release(at, size);
    const found = [...new Uint16Array(module.buffer, module.address("causes"), count)];
    return {
      rules: found.flatMap((place) => rules()[place - 1] ?? []).map((rule) => this.#applied(rule)),
      features: found.flatMap((place) => FEATURES[place - FIRST_FEATURE] ?? []),
      alterations: found.flatMap((place) => this.#changes[place - FIRST_ALTERATION] ?? []),
    };
  }

  /** The rules that the last prediction used, each once, in all steps of its case. */
  get used(): Rule[] {
    const module = fuzzModule();
    const uses = Array.from({ length: Number(module.usedRules()) }, (_, k) => module.usedRule(k));
    return [...new Set(uses)].map((place) => {
      const rule = rules()[Number(place) - 1];
      if (rule === undefined) throw new RangeError("the module used an unknown rule");
      return rule;
    });
  }
}

export const NO_CAUSES: Causes = { rules: [], features: [], alterations: [] };

/** Bytes of Known in assembly/model/prediction.ts. */
const KNOWN_SIZE = 20;
/** The last bit of a set stands for this word and all after it. */
const LAST_BIT = 31;

/** Which fields there are: Known. */
function knownOf(it: Step, fields: Fields): number[] {
  const bit = (name: string, knows: number) => (fields.has(name) ? knows : 0);
  const halves = [bit("error", KNOWS.ERROR), bit("resumed", KNOWS.STATUS)];
  const info = [bit("signal", KNOWS.INFO), bit("address", KNOWS.ADDRESS)];
  const sets = PARTS.map((part) => {
    const missing = namesOfPart(it, part).flatMap((name, k) =>
      fields.has(name) ? [] : [Math.min(k, LAST_BIT)],
    );
    return missing.reduce((set, k) => set & ~(1 << k), -1);
  });
  return [[...halves, ...info].reduce((set, it) => set | it, 0), ...sets, 0];
}
