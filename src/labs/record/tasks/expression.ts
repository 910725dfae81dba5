import { parseNumber } from "../../../core/encoder/names.ts";
import { InputError } from "../../../lib/errors.ts";
import { didYouMean } from "../../../lib/nearest.ts";
import { show } from "../../../lib/shape.ts";

/** Words by name. */
export type Names = ReadonlyMap<string, bigint>;

/** Constants of headers that no encoder exports: linux/rseq.h, asm-generic/signal-defs.h. */
const MORE: Readonly<Record<string, bigint>> = {
  RSEQ_FLAG_UNREGISTER: 1n,
  SIG_BLOCK: 0n,
  SIG_UNBLOCK: 1n,
  SIG_SETMASK: 2n,
};

/** Names of the encoder that are constants of the kernel, and not of its ABI. */
const KERNEL =
  /^(SYS_[a-z_]|SIG(?!INFO_)|CLONE_|W[A-Z]+$|__W|PTRACE_(?!EVENT)|PR_|PROT_|MAP_|E(?!NCODER_)[A-Z0-9_]+$)/;

/** The names that every answer may use. */
export function kernelNames(constants: Names): Map<string, bigint> {
  return new Map([
    ...[...constants].filter(([name]) => KERNEL.test(name) && !name.startsWith("WAIT_")),
    ...Object.entries(MORE),
  ]);
}

/** An operator, which the first term needs not; a prefix; and a term. */
const TERM = /\s*([|+-]?)\s*([-~]?)\s*(\w+)\s*/y;

/**
 * The word of an expression: numbers in any base and names, with | + and - from left to right, and - or ~ before a term.
 *
 * @throws InputError that names the nearest name
 */
export function evaluate(text: string, names: Names): bigint {
  let value = 0n;
  let at = 0;
  do {
    TERM.lastIndex = at;
    const [all = "", operator = "", prefix, term = ""] = TERM.exec(text) ?? [];
    const isFirst = at === 0;
    if (term === "" || (isFirst ? operator === "|" || operator === "+" : operator === "")) {
      const what = isFirst ? "a number or a name" : "an operator and a term";
      throw new InputError(`expected ${what}, got ${show(text.slice(at))}`);
    }
    const word = wordOf(term, names);
    const signed = prefix === "-" ? -word : prefix === "~" ? ~word : word;
    value = operator === "|" ? value | signed : operator === "-" ? value - signed : value + signed;
    at += all.length;
  } while (at < text.length);
  return BigInt.asUintN(64, value);
}

function wordOf(term: string, names: Names): bigint {
  const value = parseNumber(term) ?? names.get(term);
  if (value !== undefined) return value;
  throw new InputError(`unknown name ${show(term)}${didYouMean(term, [...names.keys()])}`);
}
