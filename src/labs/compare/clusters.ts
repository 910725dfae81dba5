import { choiceOf } from "./choices.ts";
import { NO_PROGRAM } from "./filter.ts";
import { firstByte } from "./layout.ts";
import type { Place, Places } from "./places.ts";
import { ANSWER } from "./record.ts";
import type { Apart } from "./report.ts";

/** Cases in which an encoder's answer differs from the headers' in the same place by the same bits. */
export interface Cluster extends Difference {
  readonly encoder: string;
  /** The words of the record in which its example differs. */
  readonly words: readonly number[];
  cases: number;
  /** The input of the first of them; the difference is its, too. */
  readonly example: BigUint64Array;
}

/** How many masks of one field are distinguished; more are one. */
export const MASKS = 32;

/** Sorts disagreements of one function by encoder, field and XOR mask. */
export class Clusters {
  readonly #fields = new Map<string, Cluster[]>();

  /**
   * Takes one case.
   *
   * @param difference that of the record with the encoder's answer from the headers'
   */
  add(
    encoder: string,
    input: BigUint64Array,
    difference: Difference,
    [own, other]: readonly [BigUint64Array, BigUint64Array],
  ): void {
    const field = `${encoder} ${difference.kind}`;
    const clusters = this.#fields.get(field) ?? [];
    this.#fields.set(field, clusters);
    const maskOf = (each: Difference) => each.own ^ each.other;
    const mask = maskOf(difference);
    const known = clusters.find((each) => maskOf(each) === mask) ?? clusters[MASKS];
    if (known !== undefined) {
      known.cases++;
      return;
    }
    const words = [...own.keys()].filter((at) => own[at] !== other[at]);
    clusters.push({ ...difference, encoder, words, cases: 1, example: input.slice() });
  }

  /** The clusters of each encoder and field, the most frequent first. */
  get byField(): Cluster[][] {
    return [...this.#fields.values()].map((own) => own.toSorted((a, b) => b.cases - a.cases));
  }
}

/** Where two records differ. */
export interface Difference {
  readonly place: Place;
  /** What distinguishes faults: the place, why it is apart, and for a filter whether it allows too much or too little. */
  readonly kind: string;
  readonly apart: Apart | undefined;
  /** The first byte of the record that differs. */
  readonly byte: number;
  /** The words of the place in both records. */
  readonly own: bigint;
  readonly other: bigint;
}

/** The first place in which two records differ; the result comes before memory, and what is chosen by design last. */
export function firstDifference(
  places: Places,
  own: BigUint64Array,
  other: BigUint64Array,
): Difference | undefined {
  const { name, result } = places.layout;
  const inResult = own[result] !== other[result];
  const differs = (each: bigint, at: number) => each !== other[at];
  const found = own.findIndex((each, at) => differs(each, at) && !places.design.has(at));
  const word = inResult ? result : found < 0 ? own.findIndex(differs) : found;
  if (word < 0) return undefined;
  const byte = 8 * word + firstByte((own[word] ?? 0n) ^ (other[word] ?? 0n));
  const place = places.at(byte, other[result] ?? 0n);
  const words = { own: wordAt(own, place), other: wordAt(other, place) };
  const amount = severityOf(words.own) < severityOf(words.other) ? "too much" : "too little";
  const wordOf = (parameter: string) => other[places.layout.field(parameter).at] ?? 0n;
  const apart = choiceOf(name, place.name, wordOf)?.apart;
  const kind = place.name === ANSWER ? `${place.name}: ${amount}` : `${place.name} ${apart ?? ""}`;
  return { place, kind, apart, byte, ...words };
}

/** How severe an action of a filter is: of two the kernel takes the lower, as a number with a sign. */
function severityOf(action: bigint): bigint {
  return action === NO_PROGRAM ? 1n << 32n : -BigInt.asIntN(32, action);
}

/** The number that a place of a record holds. */
function wordAt(record: BigUint64Array, place: Place): bigint {
  const word = record[Math.floor(place.byte / 8)] ?? 0n;
  if (place.bytes === 8) return word;
  return BigInt.asUintN(32, word >> BigInt(8 * (place.byte % 8)));
}
