import type { Random } from "../../cases/random.ts";
import type { FunctionName } from "../../encoder/abi.ts";
import type { RecordLayout } from "../record.ts";

/** The kernel's verdict on one record with the encoder's answer. */
export type Judgement =
  | { readonly verdict: "held" }
  | { readonly verdict: "undecided"; readonly why: string }
  | {
      readonly verdict: "failed";
      /** The wrong register, member or function, as reports name it. */
      readonly field: string;
      /** The expected word. */
      readonly meant: bigint;
      /** The encoder's word, or its effect. */
      readonly seen: bigint;
      /** What happened, if the words do not show it. */
      readonly how?: string;
    };

/** A record of a function by the names of its fields. */
export class Fields {
  readonly record: BigUint64Array;
  readonly #layout: RecordLayout;

  constructor(layout: RecordLayout, record: BigUint64Array) {
    this.#layout = layout;
    this.record = record;
  }

  word(field: string): bigint {
    return this.record[this.#layout.field(field).at] ?? 0n;
  }

  /** The low half of a word, with a sign. */
  int(field: string): number {
    return toInt(this.word(field));
  }

  put(field: string, word: bigint): void {
    this.record[this.#layout.field(field).at] = word;
  }

  /** Keeps only the bits of a mask in a word. */
  mask(field: string, mask: bigint): void {
    this.put(field, this.word(field) & mask);
  }

  /** The words of a register block or an area, in the record itself. */
  block(name = "block"): BigUint64Array {
    const { at, words } = this.#layout.field(name);
    return this.record.subarray(at, at + words);
  }

  /** The result of the function. */
  get result(): bigint {
    return this.record[this.#layout.result] ?? 0n;
  }

  /** Held if the function returned this. */
  returns(meant: bigint): Judgement {
    return expect(this.#layout.name, meant, this.result);
  }

  copy(): Fields {
    return new Fields(this.#layout, this.record.slice());
  }
}

/** An input near another one; `with` describes the change. */
export interface Sharper {
  readonly with: string;
  readonly input: Fields;
}

/** Checks the answers of one function against the kernel. */
export interface Judge {
  readonly name: FunctionName;
  /** What it does in a stub, in a few words. */
  readonly asked: string;
  /**
   * Changes a drawn input: adds what chance alone would rarely draw, and removes from most inputs what the kernel
   * cannot decide.
   *
   * @param enumerated whether the input is part of an enumeration
   * @param index the index of the case
   */
  draw?(random: Random, input: Fields, enumerated: boolean, index: number): void;
  /**
   * Changes an input into one that a stub can have: registers that it can be resumed with, and its own addresses.
   * Equal inputs are changed equally, so a case is identified by its input before the change.
   */
  fit?(input: Fields): void;
  /** Inputs near this one, before `fit`, that may show a difference that this one hides. */
  sharpen?(input: Fields): Sharper[];
  /** @param answered the input with the encoder's answer */
  judge(input: Fields, answered: Fields): Judgement;
}

export const HELD: Judgement = { verdict: "held" };

/** -EINVAL: what an encoder returns to refuse its arguments, as the kernel does. */
export const REFUSED = -22n;

export function undecided(why: string): Judgement {
  return { verdict: "undecided", why };
}

/** Held if the words are equal. */
export function expect(field: string, meant: bigint, seen: bigint): Judgement {
  return meant === seen ? HELD : { verdict: "failed", field, meant, seen };
}

/** A 32-bit parameter: the low half of a word, signed. */
function toInt(word: bigint): number {
  return Number(BigInt.asIntN(32, word));
}

/** A 32-bit number as records store it. */
export function fromInt(number: number): bigint {
  return BigInt(number >>> 0);
}

/** Whether to narrow an input to what the kernel can decide: most of those that are not enumerated. */
export function narrows(random: Random, enumerated: boolean): boolean {
  return !enumerated && random.chance(7, 8);
}

export function unsigned(word: bigint): bigint {
  return BigInt.asUintN(64, word);
}
