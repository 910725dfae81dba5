import type { Arch } from "../../encoder/arch.ts";
import { type CompareReport, type Disagreement, HEADERS, type PairReport } from "../report.ts";

/** The encoder that is compiled against the headers, and so is their truth where it is among the compared. */
export const NATIVE = "native";

/** Which of a pair is the headers' truth; undefined where neither is. */
export function truthOf({ encoders, truth }: PairReport): string | undefined {
  return truth ? encoders.find((name) => name === HEADERS || name === NATIVE) : undefined;
}

/** How the encoders of one architecture stand to the truth, or, where there is none, to each other. */
export interface Standing {
  readonly arch: Arch;
  /** What decides there: the headers, those as the encoder `native`, or nothing. */
  readonly truth: "headers" | "native" | undefined;
  /** Differ from the headers. */
  readonly wrong: readonly string[];
  /** Agree with the headers in everything that they were given, and never failed to answer. */
  readonly right: readonly string[];
  /** Where nothing decides: those who agree with each other, apart from those with whom they do not. */
  readonly camps: readonly (readonly string[])[];
  /** Were compared with nothing. */
  readonly idle: readonly string[];
  /** Cases of each of the right ones or of the camps; undefined where those had different ones. */
  readonly cases: number | undefined;
}

/** What an encoder's answers came to against one other, or against the headers. */
interface Encounter {
  readonly one: string;
  readonly other: string;
  readonly cases: number;
  readonly disagreed: number;
}

export function standingOf(report: CompareReport, arch: Arch): Standing {
  const here = <T extends { readonly arch: Arch | null }>(all: readonly T[]) =>
    all.filter((each) => each.arch === arch);
  const pairs = here(report.functions).flatMap((each) => each.pairs);
  const truth = truthAmong(pairs, here(report.disagreements));
  const names = [...new Set(here(report.encoders).map(({ name }) => name))];
  const reference = truth ?? names[0] ?? HEADERS;
  const constants = here(report.layouts).flatMap(({ encoders }) =>
    encoders.map(({ name, compared, disagreed }) => ({
      one: name,
      other: reference,
      cases: compared,
      disagreed,
    })),
  );
  const met = [...pairs.map(encounterOf), ...constants].filter(
    ({ one, other, cases }) => one !== other && cases > 0,
  );
  const telling = truth === undefined ? met : met.filter(({ other }) => other === truth);
  const compared = new Set(telling.flatMap(({ one, other }) => [one, other]));
  const wrong = new Set(telling.filter(({ disagreed }) => disagreed > 0).map(({ one }) => one));
  const broken = new Set(here(report.broken).map(({ encoder }) => encoder));
  const clean = names.filter((name) => compared.has(name) && name !== truth && !broken.has(name));
  const right = clean.filter((name) => !wrong.has(name));
  return {
    arch,
    truth,
    wrong: truth === undefined ? [] : [...wrong],
    right: truth === undefined ? [] : right,
    camps: truth === undefined ? campsOf(clean, telling) : [],
    idle: names.filter((name) => !compared.has(name) && !broken.has(name)),
    cases: casesOf(truth === undefined ? clean : right, pairs),
  };
}

/** A pair with the truth, where it is one of them, in the second place. */
function encounterOf(pair: PairReport): Encounter {
  const truth = truthOf(pair);
  const [first, second] = pair.encoders;
  const [one, other] = first === truth ? [second, first] : [first, second];
  return { one, other, cases: pair.cases, disagreed: pair.disagreed };
}

function truthAmong(
  pairs: readonly PairReport[],
  disagreements: readonly Disagreement[],
): Standing["truth"] {
  if (pairs.some((pair) => truthOf(pair) === NATIVE)) return "native";
  if (pairs.some((pair) => pair.truth)) return "headers";
  const elsewhere = disagreements.some(({ against }) => against !== HEADERS);
  // Constants alone are held against the headers, unless a disagreement shows that there were none.
  return pairs.length > 0 || elsewhere ? undefined : "headers";
}

/** Puts each encoder to the first others of whom it disagrees with none. */
function campsOf(names: readonly string[], met: readonly Encounter[]): string[][] {
  const foes = new Map<string, Set<string>>(names.map((name) => [name, new Set()]));
  for (const { one, other, disagreed } of met) {
    if (disagreed === 0) continue;
    foes.get(one)?.add(other);
    foes.get(other)?.add(one);
  }
  const camps: string[][] = [];
  for (const name of names) {
    const camp = camps.find((members) => members.every((each) => !foes.get(name)?.has(each)));
    if (camp === undefined) camps.push([name]);
    else camp.push(name);
  }
  return camps;
}

/** In how many cases each of these was compared with one other; undefined where that differs. */
function casesOf(names: readonly string[], pairs: readonly PairReport[]): number | undefined {
  const totals = names.map((name) => {
    const own = pairs.filter(({ encoders }) => encoders.includes(name));
    const sums = new Map<string, number>();
    for (const { encoders, cases } of own) {
      const other = encoders.find((each) => each !== name) ?? name;
      sums.set(other, cases + (sums.get(other) ?? 0));
    }
    return Math.max(0, ...sums.values());
  });
  return new Set(totals).size === 1 ? totals[0] : undefined;
}
