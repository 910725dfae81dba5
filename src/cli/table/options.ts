import { Option } from "@commander-js/extra-typings";
import { parseNumber } from "../../core/encoder/names.ts";
import { InputError } from "../../lib/errors.ts";
import { didYouMean } from "../../lib/nearest.ts";

/** The flags of an option, such as "--cases <N>". */
type Flags = string;

const nameOf = (flags: Flags) => /--[a-z-]+/.exec(flags)?.[0] ?? flags;

/**
 * A whole number from a command line.
 *
 * @throws InputError
 */
export function parseCount(option: string, text: string, most: number, least = 0): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= least && count <= most) return count;
  throw new InputError(
    `${option}: expected a whole number from ${least} to ${most}, got "${text}"`,
  );
}

/** A seed from a command line. @throws InputError */
export function parseSeed(text: string): bigint {
  const seed = parseNumber(text);
  if (seed !== undefined && seed >= 0n && seed < 1n << 64n) return seed;
  throw new InputError(`--seed: expected a 64-bit number, got "${text}"`);
}

/** An option that takes a whole number. */
export function count<F extends Flags>(flags: F, about: string, most: number, least = 0) {
  return new Option(flags, about).argParser((text) => parseCount(nameOf(flags), text, most, least));
}

/** An option that takes a seed. */
export function seed<F extends Flags>(flags: F, about: string) {
  return new Option(flags, about).argParser(parseSeed);
}

/** An option that takes one of some words. */
export function choice<F extends Flags, const T extends string>(
  flags: F,
  about: string,
  choices: readonly T[],
) {
  const option = new Option(flags, about);
  option.argChoices = [...choices];
  return option.argParser((text): T => {
    const known = choices.find((each) => each === text);
    if (known !== undefined) return known;
    throw new InputError(`${nameOf(flags)}: unknown "${text}"${didYouMean(text, choices)}`, {
      remedy: `choose one of ${choices.join(", ")}`,
    });
  });
}

/** The encoder of a command: a name, or a file. */
export const encoder = () =>
  new Option(
    "--encoder <E>",
    "assembly, script, native, gvisor, or a file: ./mine.wasm, ./mine.mjs",
  ).default("assembly");

/** That a document is printed. */
export const json = (schema: string) =>
  new Option("--json", `print one document${schema === "" ? "" : `, "${schema}"`}`);
