import type { Random } from "../../cases/random.ts";
import type { FunctionName } from "../../encoder/abi.ts";
import type { RecordLayout } from "../record.ts";

/** What the kernel says about one answered record. */
export type Judgement =
  | { readonly verdict: "held" }
  | { readonly verdict: "undecided"; readonly why: string }
  | {
      readonly verdict: "failed";
      /** The register, the member or the function whose answer is wrong, as a report names it. */
      readonly field: string;
      /** What the kernel, or the tracee, did or would have done with it. */
      readonly meant: bigint;
      /** What the encoder answered, or what came of it. */
      readonly seen: bigint;
      /** What happened, where the words alone do not tell. */
      readonly how?: string;
    };

/** Asks the kernel about the answers of one function. A record is the words of its layout. */
export interface Judge {
  readonly name: FunctionName;
  /** The layout of its records, by the headers of amd64. */
  readonly layout: RecordLayout;
  /** What is done in a stub, in a few words. */
  readonly asked: string;
  /**
   * Puts into a drawn input what chance alone would seldom hit, and takes out of most what the kernel cannot be
   * asked about.
   *
   * @param enumerated whether the input is one of those that are all to be tried
   * @param index of the case
   */
  draw?(random: Random, input: BigUint64Array, enumerated: boolean, index: number): void;
  /**
   * Makes of an input one that a stub can have: registers that can be resumed with, addresses that are the
   * stub's. The same input becomes the same, so that a case can be told by what it was before.
   */
  fit?(input: BigUint64Array): void;
  /** Inputs near one, before `fit`, in which a difference shows that this one hides, and what they have. */
  sharpen?(input: BigUint64Array): { readonly with: string; readonly input: BigUint64Array }[];
  /**
   * @param input the record as the encoder was given it
   * @param answered the record with its answer
   */
  judge(input: BigUint64Array, answered: BigUint64Array): Judgement;
}

export const HELD: Judgement = { verdict: "held" };

/** -EINVAL: what an encoder answers where it refuses, as the kernel does. */
export const REFUSED = -22n;

export function undecided(why: string): Judgement {
  return { verdict: "undecided", why };
}

/** Held where both words are the same. */
export function expect(field: string, meant: bigint, seen: bigint): Judgement {
  return meant === seen ? HELD : { verdict: "failed", field, meant, seen };
}

/** The low half of a word as a number with a sign: what a parameter of 32 bits is. */
export function toInt(word: bigint | undefined): number {
  return Number(BigInt.asIntN(32, word ?? 0n));
}

/** A number of 32 bits as a record holds it. */
export function fromInt(number: number): bigint {
  return BigInt(number >>> 0);
}

/** Whether most of an input is to be narrowed to what the kernel can be asked about, and this is one of most. */
export function narrows(random: Random, enumerated: boolean): boolean {
  return !enumerated && random.chance(7, 8);
}

export function unsigned(word: bigint): bigint {
  return BigInt.asUintN(64, word);
}
