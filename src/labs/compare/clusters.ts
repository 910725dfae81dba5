import { decisionOf } from "./choices.ts";
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
  /** What distinguishes faults: the place, its excuse, and for a filter whether it allows too much or too little. */
  readonly kind: string;
  readonly apart: Apart | undefined;
  /** The first byte of the record that differs. */
  readonly byte: number;
  /** The words of the place in both records. */
  readonly own: bigint;
  readonly other: bigint;
}

/**
 * The first place in which two records differ; the result comes before memory, and what is excused last.
 *
 * @param input of both
 */
export function firstDifference(
  places: Places,
  input: BigUint64Array,
  own: BigUint64Array,
  other: BigUint64Array,
): Difference | undefined {
  const { result } = places.layout;
  let excused: Difference | undefined;
  for (const at of [result, ...own.keys()]) {
    if (own[at] === other[at]) continue;
    const difference = differenceAt(at, places, input, own, other);
    if (difference.apart === undefined) return difference;
    excused ??= difference;
  }
  return excused;
}

function differenceAt(
  at: number,
  places: Places,
  input: BigUint64Array,
  own: BigUint64Array,
  other: BigUint64Array,
): Difference {
  const { name, result } = places.layout;
  const byte = 8 * at + firstByte((own[at] ?? 0n) ^ (other[at] ?? 0n));
  const place = places.at(byte, other[result] ?? 0n);
  const words = { own: wordAt(own, place), other: wordAt(other, place) };
  const amount = severityOf(words.own) < severityOf(words.other) ? "too much" : "too little";
  const decision = decisionOf(name, place.name, words.own, places.wordsOf(input));
  const apart = decision?.apart;
  const why = place.name === ANSWER ? `: ${amount}` : apart === undefined ? "" : decision?.reason;
  return { place, kind: `${place.name} ${why}`, apart, byte, ...words };
}

/** How severe an action of a filter is: of two the kernel takes the lower, as a number with a sign. */
function severityOf(action: bigint): bigint {
  return action === NO_PROGRAM ? 1n << 32n : -BigInt.asIntN(32, action);
}

/** The number that a place of a record holds. */
export function wordAt(record: BigUint64Array, place: Place): bigint {
  const word = record[Math.floor(place.byte / 8)] ?? 0n;
  if (place.bytes === 8) return word;
  return BigInt.asUintN(32, word >> BigInt(8 * (place.byte % 8)));
}
