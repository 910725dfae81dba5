import { openAssemblyEncoder } from "../../../core/encoder/assembly.ts";
import { registerLayout } from "../../../core/encoder/block.ts";
import type { Listing } from "../listing.ts";
import { evaluate, type Names } from "./expression.ts";

const encoder = openAssemblyEncoder();

/** Names of the encoder that are constants of the kernel, and not of its ABI. */
const OF_KERNEL =
  /^(SYS_[a-z_]|SIG(?!INFO_)|CLONE_|W[A-Z]+$|__W|PTRACE_(?!EVENT)|PR_|PROT_|MAP_|E(?!NCODER_)[A-Z0-9_]+$)/;

/** The names that every answer may use. The first are of headers that no encoder exports: linux/rseq.h, signal-defs.h. */
export const KERNEL: Names = new Map([
  ["RSEQ_FLAG_UNREGISTER", 1n],
  ["SIG_BLOCK", 0n],
  ["SIG_UNBLOCK", 1n],
  ["SIG_SETMASK", 2n],
  ...[...encoder.constants].filter(([name]) => OF_KERNEL.test(name)),
]);

/** The word of an expression of the kernel's names. */
export const kernelWord = (text: string): bigint => evaluate(text, KERNEL);

/** The registers that an answer may set. */
export const REGISTERS: readonly string[] = registerLayout(encoder).map(({ name }) => name);

/** Words by name, such as registers. */
export type Words = Readonly<Record<string, bigint>>;

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
  words(field: string, names: Words = {}): bigint[] {
    const text = this.#values.get(field);
    if (text === undefined) return [];
    const known = new Map([...KERNEL, ...Object.entries(names)]);
    return text.split(",").map((part) => evaluate(part, known));
  }

  /** One word; 0 if the file does not set it. */
  word(field: string, names: Words = {}): bigint {
    return this.words(field, names)[0] ?? 0n;
  }

  /** All words that it sets. */
  all(names: Words): Words {
    return Object.fromEntries(
      [...this.#values.keys()].map((name) => [name, this.word(name, names)]),
    );
  }
}
