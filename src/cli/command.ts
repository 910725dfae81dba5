import { type ParseArgsConfig, parseArgs } from "node:util";
import { parseNumber } from "../encoder/names.ts";
import { type ErrorDetails, InputError } from "../errors.ts";

/** A command of the command line. */
export interface Command {
  /** Usage, options, examples. */
  readonly help: string;
  /** The help of the subcommand that the words after its name select, if they select one. */
  helpOf?(args: readonly string[]): Promise<string>;
  /** Runs with the words after the command's name, and returns the exit status. */
  run(args: readonly string[]): number | Promise<number>;
}

/** The command line is invalid. */
export class UsageError extends InputError {
  constructor(message: string, details?: ErrorDetails) {
    super(message, details);
  }
}

/** A parsed command line: options and positional arguments. */
type Parsed<T extends NonNullable<ParseArgsConfig["options"]>> = ReturnType<
  typeof parseArgs<{ options: T; allowPositionals: true }>
>;

/**
 * Parses options as node:util does.
 *
 * @throws UsageError for an unknown option or a positional argument.
 */
export function parseOptions<T extends NonNullable<ParseArgsConfig["options"]>>(
  args: readonly string[],
  options: T,
): Parsed<T>["values"] {
  const { values, positionals } = parseCommand(args, options);
  if (positionals[0] === undefined) return values;
  throw new UsageError(`unexpected argument '${positionals[0]}'`, {
    remedy: "--help lists the options",
  });
}

/**
 * The same, with positional arguments allowed.
 *
 * @throws UsageError
 */
export function parseCommand<T extends NonNullable<ParseArgsConfig["options"]>>(
  args: readonly string[],
  options: T,
): Parsed<T> {
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: true });
  } catch (error) {
    // Only the first sentence describes the error; the rest is advice for callers of parseArgs.
    const text = error instanceof Error ? error.message : String(error);
    const [message = text] = text.split(/\.\s/);
    throw new UsageError(message.charAt(0).toLowerCase() + message.slice(1), {
      cause: error,
      remedy: "--help lists the options",
    });
  }
}

/**
 * Separates long options from the words that are passed on. A word with a single dash, such as `-1`, is passed on.
 * Long options are recognized at any position before `--`.
 */
export function splitWords(
  args: readonly string[],
  known: NonNullable<ParseArgsConfig["options"]>,
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

/**
 * A whole number from a command line.
 *
 * @throws UsageError
 */
export function parseCount(option: string, text: string, most: number): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count <= most) return count;
  throw new UsageError(`${option}: expected a whole number from 0 to ${most}, got "${text}"`);
}

/** A seed from a command line. @throws InputError */
export function parseSeed(text: string): bigint {
  const seed = parseNumber(text);
  if (seed !== undefined && seed >= 0n && seed < 1n << 64n) return seed;
  throw new InputError(`--seed: expected a 64-bit number, got "${text}"`);
}
