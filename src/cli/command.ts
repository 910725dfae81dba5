import { type ParseArgsConfig, parseArgs } from "node:util";
import { InputError } from "../lib/errors.ts";
import { nearest } from "../lib/nearest.ts";

export { InputError as UsageError } from "../lib/errors.ts";
export { parseCount, parseSeed } from "./table/options.ts";

/** A command of the command line. */
export interface Command {
  /** Usage, options, examples. */
  readonly help: string;
  /** The help of the subcommand that the words after its name select, if they select one. */
  helpOf?(args: readonly string[]): Promise<string>;
  /** Runs with the words after the command's name, and returns the exit status. */
  run(args: readonly string[]): number | Promise<number>;
}

type Options = NonNullable<ParseArgsConfig["options"]>;

/** A parsed command line: options and positional arguments. */
type Parsed<T extends Options> = ReturnType<
  typeof parseArgs<{ options: T; allowPositionals: true }>
>;

const HELP_REMEDY = "--help lists the options";

/**
 * Parses options as node:util does.
 *
 * @throws InputError for an unknown, repeated or incomplete option, or a positional argument.
 */
export function parseOptions<T extends Options>(
  args: readonly string[],
  options: T,
): Parsed<T>["values"] {
  const { values, positionals } = parseCommand(args, options);
  if (positionals[0] === undefined) return values;
  throw new InputError(`unexpected argument "${positionals[0]}"`, { remedy: HELP_REMEDY });
}

/**
 * The same, with positional arguments allowed.
 *
 * @throws InputError
 */
export function parseCommand<T extends Options>(args: readonly string[], options: T): Parsed<T> {
  const { tokens } = parseArgs({
    args: [...args],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const given = new Set<string>();
  const checked: string[] = [];
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind !== "option") continue;
    checkOption(token, options);
    if (given.has(token.name) && !options[token.name]?.multiple) {
      throw new InputError(`${token.rawName} is given more than once`, { remedy: HELP_REMEDY });
    }
    given.add(token.name);
    checked.push(`--${token.name}${token.value === undefined ? "" : `=${token.value}`}`);
  }
  const words = [...checked, "--", ...positionals];
  return parseArgs({ args: words, options, strict: true, allowPositionals: true });
}

/** An option as it is written: `-o FILE` has the name "output" and the raw name "-o". */
interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
}

/** @throws InputError for an unknown option, a missing value, or a value that the option does not take. */
function checkOption({ name, rawName, value, inlineValue }: OptionToken, options: Options): void {
  const type = Object.hasOwn(options, name) ? options[name]?.type : undefined;
  if (type === undefined) throw unknownOption(name, rawName, Object.keys(options));
  if (type === "boolean") {
    if (value === undefined) return;
    throw new InputError(`${rawName} takes no value, got "${value}"`, { remedy: HELP_REMEDY });
  }
  if (value === undefined) {
    throw new InputError(`${rawName}: the value is missing`, { remedy: HELP_REMEDY });
  }
  // A negative number is a value: the error for it names what the option expects.
  if (!inlineValue && /^-[^\d]/.test(value)) {
    throw new InputError(`${rawName}: the value is missing before "${value}"`, {
      remedy: `if "${value}" is the value, write --${name}=${value}`,
    });
  }
}

function unknownOption(name: string, rawName: string, known: readonly string[]): InputError {
  const near = name.length > 1 ? nearest(name, [...known, "help"]) : undefined;
  const hint = near === undefined ? "" : `; did you mean --${near}?`;
  return new InputError(`unknown option ${rawName}${hint}`, { remedy: HELP_REMEDY });
}

/**
 * Separates long options from the words that are passed on. A word with a single dash, such as `-1`, is passed on.
 * Long options are recognized at any position before `--`.
 */
export function splitWords(
  args: readonly string[],
  known: Options,
): { options: string[]; words: string[] } {
  const options: string[] = [];
  const words: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const word = args[i] ?? "";
    if (word === "--") {
      words.push(...args.slice(i + 1));
      break;
    }
    if (!word.startsWith("--")) {
      words.push(word);
      continue;
    }
    options.push(word);
    const takesValue = known[word.slice(2)]?.type === "string";
    if (takesValue && i + 1 < args.length) options.push(args[++i] ?? "");
  }
  return { options, words };
}
