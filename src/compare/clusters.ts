import { NO_PROGRAM } from "./filter.ts";
import { firstByte } from "./layout.ts";
import type { Place, Places } from "./places.ts";
import { ANSWER, type RecordLayout } from "./record.ts";

/** Cases in which an encoder's answer differs from another's in the same place by the same bits. */
export interface Cluster {
  readonly encoder: string;
  readonly against: string;
  readonly place: Place;
  readonly kind: string;
  /** The words of the record in which its example differs. */
  readonly words: readonly number[];
  cases: number;
  /** The input of the first of them. */
  readonly example: BigUint64Array;
}

/** How many masks of one field are told apart; more are one. */
const MASKS = 32;

/** Sorts disagreements of one function by encoder, field and XOR mask. */
export class Clusters {
  readonly #layout: RecordLayout;
  readonly #places: Places;
  readonly #known = new Map<string, Cluster>();
  readonly #masks = new Map<string, number>();

  constructor(layout: RecordLayout, places: Places) {
    this.#layout = layout;
    this.#places = places;
  }

  /**
   * Takes one case.
   *
   * @param own the record with the encoder's answer
   * @param other that with the one that it is held against
   */
  add(
    encoder: string,
    against: string,
    input: BigUint64Array,
    own: BigUint64Array,
    other: BigUint64Array,
  ): void {
    const difference = firstDifference(this.#layout, this.#places, own, other);
    if (difference === undefined) return;
    const { place, kind } = difference;
    const xor = difference.own ^ difference.other;
    const field = `${encoder} ${against} ${kind}`;
    const masks = this.#masks.get(field) ?? 0;
    const key = `${field} ${xor}`;
    const known = this.#known.get(key) ?? (masks >= MASKS ? this.#known.get(field) : undefined);
    if (known !== undefined) {
      known.cases++;
      return;
    }
    this.#masks.set(field, masks + 1);
    const words = [...own.keys()].filter((at) => own[at] !== other[at]);
    const example = input.slice();
    const cluster = { encoder, against, place, kind, words, cases: 1, example };
    this.#known.set(masks >= MASKS ? field : key, cluster);
  }

  get all(): Cluster[] {
    return [...this.#known.values()];
  }
}

/** Where two records differ. */
export interface Difference {
  readonly place: Place;
  /** What distinguishes faults: the place, and for a filter whether it allows too much or too little. */
  readonly kind: string;
  /** The first byte of the record that differs. */
  readonly byte: number;
  /** The words of the place in both records. */
  readonly own: bigint;
  readonly other: bigint;
}

/** The first place in which two records differ; the result comes before memory. */
export function firstDifference(
  layout: RecordLayout,
  places: Places,
  own: BigUint64Array,
  other: BigUint64Array,
): Difference | undefined {
  const { result } = layout;
  const inResult = own[result] !== other[result];
  const word = inResult ? result : own.findIndex((each, at) => each !== other[at]);
  if (word < 0) return undefined;
  const byte = 8 * word + firstByte((own[word] ?? 0n) ^ (other[word] ?? 0n));
  const place = places.at(byte, other[result] ?? 0n);
  const words = { own: wordAt(own, place), other: wordAt(other, place) };
  const amount = severityOf(words.own) < severityOf(words.other) ? "too much" : "too little";
  const kind = place.name === ANSWER ? `${place.name}: ${amount}` : place.name;
  return { place, kind, byte, ...words };
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
