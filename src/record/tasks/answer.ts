import { registerLayout } from "../../encoder/block.ts";
import { openEncoder } from "../../encoder/open.ts";
import type { Listing } from "../listing.ts";
import { evaluate, kernelNames, type Names } from "./expression.ts";

const encoder = openEncoder("assembly");

/** The names that every answer may use. */
export const KERNEL: Names = kernelNames(encoder.constants);
/** The registers that an answer may set. */
export const REGISTERS: readonly string[] = registerLayout(encoder).map(({ name }) => name);

/** The values that a file sets. */
export class Answer {
  readonly #values: ReadonlyMap<string, string>;
  /** Its assembly, if the task is to write some. */
  readonly code: Listing | undefined;

  constructor(values: ReadonlyMap<string, string>, code?: Listing) {
    this.#values = values;
    this.code = code;
  }

  /** The words of a list, such as an address and a length; empty if the file does not set it. */
  words(field: string, names: Names = new Map()): bigint[] {
    const text = this.#values.get(field);
    if (text === undefined) return [];
    const known = new Map([...KERNEL, ...names]);
    return text.split(",").map((part) => evaluate(part, known));
  }

  /** One word; undefined if the file does not set it. */
  word(field: string, names: Names = new Map()): bigint | undefined {
    return this.words(field, names)[0];
  }

  /** All words that it sets, by name. */
  all(names: Names): Map<string, bigint> {
    return new Map([...this.#values.keys()].map((name) => [name, this.word(name, names) ?? 0n]));
  }
}
