import type { Operation } from "../../../core/encoder/abi.ts";
import type { Arch } from "../../../core/machine/index.ts";
import { type CompareReport, HEADERS, type PairReport } from "../report.ts";

/** The encoder that is compiled against the headers, and so stands for them if it is compared. */
export const NATIVE = "native";

/** Cases of an operation, or of all. */
export interface Cell {
  readonly cases: number;
  readonly disagreed: number;
  /** Those that differ and are no error: by design, or for an input that no kernel makes. */
  readonly apart: number;
}

/** Two encoders compared with each other, or one with the reference. */
export interface Tally {
  readonly encoders: readonly string[];
  readonly cells: ReadonlyMap<Operation, Cell>;
  readonly total: Cell;
}

/** How the encoders of one architecture compare with the reference, and with each other. */
export interface Standing {
  readonly arch: Arch;
  /** What decides: the headers, those as the encoder `native`, or nothing. */
  readonly truth: typeof HEADERS | typeof NATIVE | undefined;
  /** With what encoders are compared: what decides, or the first encoder. */
  readonly reference: string;
  /** Encoders compared with the reference; if nothing decides, in constants only. */
  readonly singles: readonly Tally[];
  readonly pairs: readonly Tally[];
  /** Encoders that differ from the headers. */
  readonly wrong: readonly string[];
  /** Encoders that agree with the headers in all that they were given, and always answered. */
  readonly right: readonly string[];
  /** If nothing decides: encoders that agree with each other, apart from those with which they do not. */
  readonly camps: readonly (readonly string[])[];
  /** Encoders that were compared with nothing. */
  readonly idle: readonly string[];
  /** Cases of each of the right ones or of the camps; undefined if those had different ones. */
  readonly cases: number | undefined;
  /** How many of their results are counted apart. */
  readonly apart: number;
}

export function standingOf(report: CompareReport, arch: Arch): Standing {
  const here = <T extends { readonly arch: Arch | null }>(all: readonly T[]) =>
    all.filter((each) => each.arch === arch);
  const names = [...new Set(here(report.encoders).map(({ name }) => name))];
  const met = here(report.functions).flatMap(({ pairs, operation }) =>
    pairs.map((pair) => ({
      ...pair,
      operation,
      apart: pair.byDesign + pair.noInput,
      by: truthOf(pair),
    })),
  );
  const elsewhere = here(report.disagreements).some(({ against }) => against !== HEADERS);
  const truth = truthAmong(met, elsewhere);
  const reference = truth ?? names[0] ?? HEADERS;
  const constants = here(report.layouts)
    .flatMap(({ encoders }) => encoders)
    .filter(({ name, compared }) => name !== reference && compared > 0)
    .map(({ name, compared: cases, disagreed }) => ({
      encoders: [name],
      operation: "layout" as const,
      cases,
      disagreed,
      apart: 0,
    }));
  const decided = met
    .filter(({ by }) => by !== undefined)
    .map((pair) => ({ ...pair, encoders: pair.encoders.filter((name) => name !== pair.by) }));
  const singles = tally([...constants, ...decided]);
  const pairs = tally(met.filter(({ by }) => by === undefined));
  const withReference = singles.map((each) => ({
    ...each,
    encoders: [...each.encoders, reference],
  }));
  const encounters = truth === undefined ? [...withReference, ...pairs] : withReference;
  const compared = new Set(
    encounters.filter(({ total }) => total.cases > 0).flatMap(({ encoders }) => encoders),
  );
  const foes = encounters
    .filter(({ total }) => total.disagreed > 0)
    .map(({ encoders }) => encoders);
  const broken = new Set(here(report.broken).map(({ encoder }) => encoder));
  const clean = names.filter((name) => compared.has(name) && name !== truth && !broken.has(name));
  const wrong = [...new Set(foes.flat())].filter((name) => name !== reference);
  const right = clean.filter((name) => !wrong.includes(name));
  const decides = truth !== undefined;
  return {
    arch,
    truth,
    reference,
    singles,
    pairs,
    wrong: decides ? wrong : [],
    right: decides ? right : [],
    camps: decides ? [] : campsOf(clean, foes),
    idle: names.filter((name) => !compared.has(name) && !broken.has(name)),
    cases: casesOf(decides ? right : clean, [...singles, ...pairs]),
    apart: apartOf(decides ? right : clean, decides ? singles : pairs),
  };
}

function tally(
  entries: readonly (Cell & {
    readonly encoders: readonly string[];
    readonly operation: Operation;
  })[],
): Tally[] {
  const tallies = new Map<string, Tally & { readonly cells: Map<Operation, Cell>; total: Cell }>();
  const sum = (a: Cell | undefined, b: Cell) => ({
    cases: (a?.cases ?? 0) + b.cases,
    disagreed: (a?.disagreed ?? 0) + b.disagreed,
    apart: (a?.apart ?? 0) + b.apart,
  });
  for (const { encoders, operation, ...cell } of entries) {
    const key = JSON.stringify(encoders);
    const known = tallies.get(key);
    const cells = known?.cells ?? new Map<Operation, Cell>();
    cells.set(operation, sum(cells.get(operation), cell));
    tallies.set(key, { encoders, cells, total: sum(known?.total, cell) });
  }
  return [...tallies.values()];
}

/** What of a pair stands for the headers; undefined if nothing does. */
function truthOf({ encoders, truth }: PairReport): Standing["truth"] {
  return truth ? ([HEADERS, NATIVE] as const).find((name) => encoders.includes(name)) : undefined;
}

/** @param elsewhere whether an encoder differs from something else than the headers */
function truthAmong(
  pairs: readonly { readonly truth: boolean; readonly by: Standing["truth"] }[],
  elsewhere: boolean,
): Standing["truth"] {
  if (pairs.some(({ by }) => by === NATIVE)) return NATIVE;
  if (pairs.some(({ truth }) => truth)) return HEADERS;
  // Constants alone are compared with the headers, unless a disagreement shows that there were none.
  return pairs.length > 0 || elsewhere ? undefined : HEADERS;
}

/** Puts each encoder to the first others of which it disagrees with none. */
function campsOf(
  names: readonly string[],
  foes: readonly (readonly string[])[],
): readonly (readonly string[])[] {
  const camps: string[][] = [];
  for (const name of names) {
    const own = foes.filter((pair) => pair.includes(name)).flat();
    const camp = camps.find((members) => members.every((each) => !own.includes(each)));
    if (camp === undefined) camps.push([name]);
    else camp.push(name);
  }
  return camps;
}

/** How many results of these are counted apart. */
function apartOf(names: readonly string[], tallies: readonly Tally[]): number {
  return tallies
    .filter(({ encoders }) => encoders.every((name) => names.includes(name)))
    .reduce((sum, { total }) => sum + total.apart, 0);
}

/** In how many cases of functions each of these was compared with one other; undefined if that differs. */
function casesOf(names: readonly string[], tallies: readonly Tally[]): number | undefined {
  const most = names.map((name) => {
    const own = tallies.filter(({ encoders }) => encoders.includes(name));
    return Math.max(
      0,
      ...own.map(({ cells, total }) => total.cases - (cells.get("layout")?.cases ?? 0)),
    );
  });
  return new Set(most).size === 1 ? most[0] : undefined;
}
