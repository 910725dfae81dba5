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

const isTerm = (token: string) => /^\w/.test(token);

/**
 * The word of an expression: numbers in any base and names, with | + and - from left to right, and - or ~ before a term.
 *
 * @throws InputError that names the nearest name.
 */
export function evaluate(text: string, names: Names): bigint {
  const tokens = text.match(/\w+|\S/g) ?? [];
  const unexpected = (token: string) =>
    new InputError(`unexpected ${show(token)} in ${show(text)}`);
  let value = 0n;
  let operator = "+";
  for (;;) {
    const prefixes: string[] = [];
    let term = tokens.shift();
    for (; term === "-" || term === "~"; term = tokens.shift()) prefixes.unshift(term);
    if (term === undefined) throw new InputError(`expected a number or a name, got ${show(text)}`);
    if (!isTerm(term)) throw unexpected(term);
    let word = wordOf(term, names);
    for (const prefix of prefixes) word = prefix === "-" ? -word : ~word;
    value = combine(operator, value, word);
    const next = tokens.shift();
    if (next === undefined) return BigInt.asUintN(64, value);
    if (isTerm(next)) {
      throw new InputError(`expected an operator before ${show(next)} in ${show(text)}`);
    }
    if (!"|+-".includes(next)) throw unexpected(next);
    operator = next;
  }
}

function combine(operator: string, left: bigint, right: bigint): bigint {
  if (operator === "|") return left | right;
  return operator === "-" ? left - right : left + right;
}

function wordOf(term: string, names: Names): bigint {
  const value = parseNumber(term) ?? names.get(term);
  if (value !== undefined) return value;
  throw new InputError(`unknown name ${show(term)}${didYouMean(term, [...names.keys()])}`);
}
