import type { FunctionName } from "../../../core/encoder/abi.ts";
import { HOST_MACHINE } from "../../../core/machine/index.ts";
import type { Random } from "../../../lib/cases/random.ts";
import { EncoderError, InputError, StateError, StublabError } from "../../../lib/errors.ts";
import type { RecordLayout } from "../record.ts";

/** The kernel's verdict on one answer. */
export type Judgement =
  | { readonly verdict: "held" }
  | { readonly verdict: "undecided"; readonly why: string }
  | Failed;

export interface Failed {
  readonly verdict: "failed";
  /** The wrong register, member or function, as reports name it. */
  readonly field: string;
  /** The expected word. */
  readonly meant: bigint;
  /** The encoder's word, or its effect. */
  readonly seen: bigint;
  /** What happened, if the words do not show it. */
  readonly how?: string;
}

/** Ends the examination of an answer that does not hold. */
class Ended extends Error {
  readonly judgement: Judgement;

  constructor(judgement: Judgement) {
    super(judgement.verdict);
    this.judgement = judgement;
  }
}

/** Ends an examination in which the kernel decides nothing. */
export function undecided(why: string): never {
  throw new Ended({ verdict: "undecided", why });
}

/** Ends an examination if the words differ. */
export function expect(field: string, meant: bigint, seen: bigint, how?: string): void {
  if (meant === seen) return;
  throw new Ended({ verdict: "failed", field, meant, seen, ...(how !== undefined && { how }) });
}

/**
 * The judgement to which an examination leads. What this machine does not let a stub do, and a stub that another process
 * killed, decide nothing.
 */
export function judgementOf(examine: () => void): Judgement {
  try {
    examine();
    return { verdict: "held" };
  } catch (error) {
    if (error instanceof Ended) return error.judgement;
    // Mistakes of a judge must not pass as a kernel that decides nothing.
    const mistaken = [InputError, StateError, EncoderError].some((type) => error instanceof type);
    if (mistaken || !(error instanceof StublabError)) throw error;
    return { verdict: "undecided", why: error.message.split("\n")[0] ?? error.code };
  }
}

/** A record of a function by the names of its words: "flags", or "block.rax" for a register of a block. */
export class Fields {
  readonly record: BigUint64Array;
  readonly #layout: RecordLayout;

  constructor(layout: RecordLayout, record: BigUint64Array) {
    this.#layout = layout;
    this.record = record;
  }

  #at(name: string): number {
    const [field = "", register] = name.split(".");
    const { at } = this.#layout.field(field);
    return register === undefined ? at : at + registerIndex(register);
  }

  word(name: string): bigint {
    return this.record[this.#at(name)] ?? 0n;
  }

  /** The low half of a word, with a sign. */
  int(name: string): number {
    return Number(BigInt.asIntN(32, this.word(name)));
  }

  put(name: string, word: bigint): void {
    this.record[this.#at(name)] = word;
  }

  /** Keeps only the bits of a mask in a word. */
  mask(name: string, mask: bigint): void {
    this.put(name, this.word(name) & mask);
  }

  /** The words of a register block or an area, in the record itself. */
  words(field: string): BigUint64Array {
    const { at, words } = this.#layout.field(field);
    return this.record.subarray(at, at + words);
  }

  /** The result of the function. */
  get result(): bigint {
    return this.record[this.#layout.result] ?? 0n;
  }

  /** Ends the examination unless the function returned this. */
  returns(meant: bigint): void {
    expect(this.#layout.name, meant, this.result);
  }
}

/** The index of a register in a block. @throws RangeError for an unknown one */
export function registerIndex(name: string): number {
  const index = HOST_MACHINE.registers.indexOf(name);
  if (index < 0) throw new RangeError(`unknown register ${name}`);
  return index;
}

/** Examines an answer, and returns if it holds. @throws Ended, and the errors of stubs */
export type Examine = (given: Fields) => void;

/** Checks the answers of one function against the kernel. */
export interface Judge {
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
  /**
   * Asks the kernel about an input, once for all encoders.
   *
   * @returns what the function must return, or what examines the answers
   * @throws Ended, and the errors of stubs
   */
  ask(input: Fields): bigint | Examine;
}

export type JudgeTable = Partial<Record<FunctionName, Judge>>;

/** -EINVAL: what an encoder returns to refuse its arguments, as the kernel does. */
export const REFUSED = 2n ** 64n - 22n;

/**
 * Examines a word that an encoder makes for the kernel, or its refusal. Another word than the right one may do the same.
 *
 * @param effectOf what the kernel does with a word
 */
export function expectWord(
  field: string,
  meant: bigint,
  seen: bigint,
  effectOf: (word: bigint) => string,
): void {
  if (meant === seen) return;
  const isRefusal = meant === REFUSED || seen === REFUSED;
  if (isRefusal || effectOf(meant) !== effectOf(seen)) expect(field, meant, seen);
  undecided("not the expected word, but the kernel does the same with it");
}

/** A 32-bit number as records store it. */
export function fromInt(number: number): bigint {
  return BigInt(number >>> 0);
}

/** Whether to narrow an input to what the kernel can decide: most of those that are not enumerated. */
export function narrows(random: Random, enumerated: boolean): boolean {
  return !enumerated && random.chance(7, 8);
}

/** Replaces most signals by valid ones. */
export function drawSignal(random: Random, input: Fields, enumerated: boolean): void {
  if (narrows(random, enumerated)) input.put("signal", BigInt(random.below(64) + 1));
}

export function unsigned(word: bigint): bigint {
  return BigInt.asUintN(64, word);
}
