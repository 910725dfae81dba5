import { openAssemblyEncoder } from "../../../core/encoder/assembly.ts";
import { registerLayout } from "../../../core/encoder/block.ts";
import { InputError } from "../../../lib/errors.ts";
import { parseNumber } from "../../../lib/names.ts";
import { didYouMean } from "../../../lib/nearest.ts";
import { show } from "../../../lib/shape.ts";
import type { Listing } from "../listing.ts";

/** Words by name. */
export type Names = ReadonlyMap<string, bigint>;

/** What stands between terms. */
const OPERATORS = /(?<=\w)\s*([|+-])/;

/**
 * The word of an expression: numbers in any base and names, with | + and - from left to right, and - or ~ before a term.
 *
 * @throws InputError that names the nearest name
 */
export function evaluate(text: string, names: Names): bigint {
  let value = 0n;
  const parts = ["+", ...text.split(OPERATORS)];
  for (let i = 0; i < parts.length; i += 2) {
    const operator = parts[i];
    const word = wordOf(parts[i + 1] ?? "", names);
    value = operator === "|" ? value | word : operator === "-" ? value - word : value + word;
  }
  return BigInt.asUintN(64, value);
}

/** The word of a term, with its prefix. */
function wordOf(part: string, names: Names): bigint {
  const [, prefix, term] = /^\s*([-~]?)\s*(\w+)\s*$/.exec(part) ?? [];
  if (term === undefined) throw new InputError(`expected a number or a name, got ${show(part)}`);
  const word = parseNumber(term) ?? names.get(term);
  if (word === undefined) {
    const meant = names.has(`SYS_${term}`) ? `SYS_${term}` : term;
    throw new InputError(`unknown name ${show(term)}${didYouMean(meant, [...names.keys()])}`);
  }
  return prefix === "-" ? -word : prefix === "~" ? ~word : word;
}

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
