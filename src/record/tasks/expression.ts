import { parseNumber } from "../../encoder/names.ts";
import { InputError } from "../../errors.ts";
import { didYouMean } from "../../nearest.ts";
import { show } from "../../shape.ts";

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

const TOKEN = /\s*(?:([|+~-])|(\w+)|(\S))/y;

/**
 * The word of an expression: numbers in any base and names, with | + and - from left to right, and - or ~ before a term.
 *
 * @throws InputError that names the nearest name.
 */
export function evaluate(text: string, names: Names): bigint {
  let value = 0n;
  let operator = "+";
  let prefixes: string[] = [];
  let isTerm = false;
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(text.trimEnd()); match !== null; match = TOKEN.exec(text.trimEnd())) {
    const [, sign, term, other] = match;
    if (other !== undefined) throw new InputError(`unexpected ${show(other)} in ${show(text)}`);
    if (sign !== undefined) {
      if (isTerm && sign !== "~") [operator, isTerm] = [sign, false];
      else if (!isTerm && (sign === "-" || sign === "~")) prefixes.push(sign);
      else throw new InputError(`unexpected "${sign}" in ${show(text)}`);
    } else if (term !== undefined) {
      if (isTerm)
        throw new InputError(`expected an operator before ${show(term)} in ${show(text)}`);
      const word = prefixes.reduceRight(
        (operand, prefix) => (prefix === "-" ? -operand : ~operand),
        wordOf(term, names),
      );
      value = combine(operator, value, word);
      [prefixes, isTerm] = [[], true];
    }
  }
  if (!isTerm) throw new InputError(`expected a number or a name, got ${show(text)}`);
  return BigInt.asUintN(64, value);
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
