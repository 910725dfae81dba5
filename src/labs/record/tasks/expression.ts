import { InputError } from "../../../lib/errors.ts";
import { parseNumber } from "../../../lib/names.ts";
import { didYouMean } from "../../../lib/nearest.ts";
import { show } from "../../../lib/shape.ts";

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
