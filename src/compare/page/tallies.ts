import type { Operation } from "../../encoder/abi.ts";
import type { Arch } from "../../encoder/arch.ts";
import { type CompareReport, HEADERS } from "../report.ts";
import { NATIVE, truthOf } from "./standing.ts";

/** Cases of an operation, or of all. */
export interface Cell {
  readonly cases: number;
  readonly disagreed: number;
}

/** One encoder against what it was held against, or two against each other. */
export class Tally {
  readonly encoders: readonly string[];
  readonly #cells = new Map<Operation, Cell>();

  constructor(encoders: readonly string[]) {
    this.encoders = encoders;
  }

  add(operation: Operation, cell: Cell): void {
    const before = this.#cells.get(operation);
    this.#cells.set(operation, before === undefined ? cell : sum([before, cell]));
  }

  cell(operation: Operation): Cell | undefined {
    return this.#cells.get(operation);
  }

  get total(): Cell {
    return sum([...this.#cells.values()]);
  }
}

/** How encoders of an architecture compare: with what decides, and with each other. */
export function talliesOf(
  report: CompareReport,
  arch: Arch,
): { readonly truth: readonly Tally[]; readonly pairs: readonly Tally[] } {
  const truth = new Map<string, Tally>();
  const pairs = new Map<string, Tally>();
  const add = (
    to: Map<string, Tally>,
    encoders: readonly string[],
    operation: Operation,
    cell: Cell,
  ) => {
    const key = JSON.stringify(encoders);
    const tally = to.get(key) ?? new Tally(encoders);
    to.set(key, tally);
    tally.add(operation, cell);
  };
  for (const layout of report.layouts.filter((each) => each.arch === arch)) {
    for (const { name, compared: cases, disagreed } of layout.encoders) {
      if (name !== NATIVE && cases > 0) add(truth, [name], "layout", { cases, disagreed });
    }
  }
  for (const { pairs: own, operation } of report.functions.filter((each) => each.arch === arch)) {
    for (const pair of own) {
      const decider = truthOf(pair);
      const others = pair.encoders.filter((name) => name !== decider && name !== HEADERS);
      add(decider === undefined ? pairs : truth, others, operation, pair);
    }
  }
  return { truth: [...truth.values()], pairs: [...pairs.values()] };
}

/** As many tallies as `count`, in their order; of more, those that disagree most. */
export function mostTelling(tallies: readonly Tally[], count: number): Tally[] {
  const first = tallies.toSorted((a, b) => b.total.disagreed - a.total.disagreed).slice(0, count);
  const kept = new Set(first);
  return tallies.filter((tally) => kept.has(tally));
}

function sum(cells: readonly Cell[]): Cell {
  return {
    cases: cells.reduce((all, each) => all + each.cases, 0),
    disagreed: cells.reduce((all, each) => all + each.disagreed, 0),
  };
}
