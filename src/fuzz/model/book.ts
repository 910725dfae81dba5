import type { Machine } from "../machine.ts";
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
  readonly #change: Change | undefined;
  /** Takes the indices of the rules that are applied, while somebody wants to know them. */
  trace: number[] | undefined;

  constructor({ features }: Pick<Machine, "features">, change?: Change) {
    this.#active = Uint8Array.from(RULES, (rule) => {
      if (change !== undefined && "remove" in change && change.id === rule.id) return 0;
      return holds(rule, features) ? 1 : 0;
    });
    this.#change = change;
  }

  /** Whether a rule, by its index, holds; if so it is applied. */
  use(rule: number): boolean {
    if (this.#active[rule] !== 1) return false;
    if (this.trace !== undefined) this.trace.push(rule);
    return true;
  }

  /** A number of a rule. */
  value<I extends RuleId>(id: I, name: ValueOf<I>): bigint {
    const change = this.#change;
    if (change !== undefined && "to" in change && change.id === id && change.value === name) {
      return change.to;
    }
    const value = RULES[AT[id]]?.values[name];
    if (value === undefined) throw new RangeError(`rule ${id} has no ${name}`);
    return value;
  }

  /** Its low half, and its high half. */
  low<I extends RuleId>(id: I, name: ValueOf<I>): number {
    return Number(BigInt.asUintN(32, this.value(id, name)));
  }

  high<I extends RuleId>(id: I, name: ValueOf<I>): number {
    return Number(BigInt.asUintN(32, this.value(id, name) >> 32n));
  }

  /** The same of one that is small. */
  number<I extends RuleId>(id: I, name: ValueOf<I>): number {
    return Number(this.value(id, name));
  }
}
