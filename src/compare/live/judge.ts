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

/** Checks the answers of one function against the kernel. */
export interface Judge {
  readonly name: FunctionName;
  /** The layout of the function's records, with the constants of amd64. */
  readonly layout: RecordLayout;
  /** What it does in a stub, in a few words. */
  readonly asked: string;
  /**
   * Changes a drawn input: adds what chance alone would rarely draw, and removes from most inputs what the kernel
   * cannot decide.
   *
   * @param enumerated whether the input is part of an enumeration
   * @param index the index of the case
   */
  draw?(random: Random, input: BigUint64Array, enumerated: boolean, index: number): void;
  /**
   * Changes an input into one that a stub can have: registers that it can be resumed with, and its own addresses.
   * Equal inputs are changed equally, so a case is identified by its input before the change.
   */
  fit?(input: BigUint64Array): void;
  /** Inputs near this one, before `fit`, that may show a difference that this one hides; `with` describes the change. */
  sharpen?(input: BigUint64Array): { readonly with: string; readonly input: BigUint64Array }[];
  /**
   * @param input the record that the encoder got
   * @param answered the same with the encoder's answer
   */
  judge(input: BigUint64Array, answered: BigUint64Array): Judgement;
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
export function toInt(word: bigint | undefined): number {
  return Number(BigInt.asIntN(32, word ?? 0n));
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
