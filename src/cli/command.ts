import { type ParseArgsConfig, parseArgs } from "node:util";
import { type ErrorDetails, InputError } from "../errors.ts";

/** A command of the command line. */
export interface Command {
  /** Usage, options, examples. */
  readonly help: string;
  /** Runs with the words after the command's name; answers the exit status. */
  run(args: readonly string[]): number | Promise<number>;
}

/** The command line means nothing. */
export class UsageError extends InputError {
  constructor(message: string, details?: ErrorDetails) {
    super(message, details);
  }
}

/**
 * Parses options as node:util does.
 *
 * @throws UsageError for what is not among `options`.
 */
export function parseOptions<T extends NonNullable<ParseArgsConfig["options"]>>(
  args: readonly string[],
  options: T,
): ReturnType<typeof parseArgs<{ options: T }>>["values"] {
  try {
    return parseArgs({ args: [...args], options, strict: true }).values;
  } catch (error) {
    // Only the first sentence is about what was typed.
    const text = error instanceof Error ? error.message : String(error);
    const [message = text] = text.split(/\.\s/);
    throw new UsageError(message.charAt(0).toLowerCase() + message.slice(1), {
      cause: error,
      remedy: "--help lists the options",
    });
  }
}

/**
 * A whole number from a command line.
 *
 * @throws UsageError
 */
export function parseCount(option: string, text: string, most: number): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count <= most) return count;
  throw new UsageError(`${option} takes a whole number from 0 to ${most}, not "${text}"`);
}
