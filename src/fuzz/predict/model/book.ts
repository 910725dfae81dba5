import type { Machine } from "../../try/machine.ts";
import { holds, RULES, type RuleId, type ValueOf } from "./rules.ts";

/** One rule that is other than in the table: taken away, or one of its numbers altered. */
export type Change =
  | { readonly id: string; readonly remove: true }
  | { readonly id: string; readonly value: string; readonly to: bigint };

/** Where each rule is in the table. */
export const AT: Readonly<Record<RuleId, number>> = indices();

function indices(): Record<RuleId, number> {
  const at: Record<string, number> = {};
  for (const [index, { id }] of RULES.entries()) at[id] = index;
  const has = (it: Record<string, number>): it is Record<RuleId, number> =>
    Object.keys(it).length === RULES.length;
  if (!has(at)) throw new RangeError("two rules have one id");
  return at;
}

/** The rules that hold on a machine, as the phases ask for them. */
export class Book {
  readonly #active: Uint8Array;
  readonly #numbers: ReadonlyMap<string, ReadonlyMap<string, Halves>>;
  /** Takes the indices of the rules that are applied, while somebody wants to know them. */
  trace: number[] | undefined;

  constructor({ features }: Pick<Machine, "features">, change?: Change) {
    this.#active = Uint8Array.from(RULES, (rule) => {
      if (change !== undefined && "remove" in change && change.id === rule.id) return 0;
      return holds(rule, features) ? 1 : 0;
    });
    this.#numbers = new Map(
      RULES.map(({ id, values }) => [
        id,
        new Map(
          Object.entries(values).map(([name, value]) => {
            const isAltered = change !== undefined && "to" in change && change.id === id;
            return [name, halves(isAltered && change.value === name ? change.to : value)];
          }),
        ),
      ]),
    );
  }

  /** Whether a rule, by its index, holds; if so it is applied. */
  use(rule: number): boolean {
    if (this.#active[rule] !== 1) return false;
    if (this.trace !== undefined) this.trace.push(rule);
    return true;
  }

  /** The low half of a number of a rule, and its high half. */
  low<I extends RuleId>(id: I, name: ValueOf<I>): number {
    return this.#numberOf(id, name).low;
  }

  high<I extends RuleId>(id: I, name: ValueOf<I>): number {
    return this.#numberOf(id, name).high;
  }

  /** A number of a rule that is small. */
  number<I extends RuleId>(id: I, name: ValueOf<I>): number {
    return this.#numberOf(id, name).number;
  }

  #numberOf(id: string, name: string): Halves {
    const number = this.#numbers.get(id)?.get(name);
    if (number === undefined) throw new RangeError(`rule ${id} has no ${name}`);
    return number;
  }
}

interface Halves {
  readonly low: number;
  readonly high: number;
  /** All of it, exact below 2^53. */
  readonly number: number;
}

function halves(value: bigint): Halves {
  return {
    low: Number(BigInt.asUintN(32, value)),
    high: Number(BigInt.asUintN(32, value >> 32n)),
    number: Number(value),
  };
}
