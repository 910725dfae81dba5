import { Option } from "@commander-js/extra-typings";
import { ARCHES } from "../../core/machine/index.ts";
import type { EncoderName } from "../../labs/compare/encoders/open.ts";
import { InputError } from "../../lib/errors.ts";
import { parseNumber } from "../../lib/names.ts";
import { didYouMean } from "../../lib/nearest.ts";

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

/** An option that takes a whole number. */
export function count<F extends string>(flags: F, about: string, most: number, least = 0) {
  const option = new Option(flags, about);
  return option.argParser((text) => parseCount(option.long ?? flags, text, most, least));
}

/** An option that excludes others. */
export const apart = <F extends string>(flags: F, about: string, others: string[]) =>
  new Option(flags, about).conflicts(others);

export function seed(about: string) {
  return new Option("--seed <N>", about).argParser((text) => {
    const seed = parseNumber(text);
    if (seed !== undefined && seed >= 0n && seed < 1n << 64n) return seed;
    throw new InputError(`--seed: expected a 64-bit number, got "${text}"`);
  });
}

/** How long a run is: cases or seconds. */
export const cases = (about: string, least = 0) =>
  count("--cases <N>", about, 1e12, least).conflicts("seconds");
export const seconds = (about: string, least = 0) => count("--seconds <N>", about, 1e6, least);

/** An option that may be repeated; its value is the list. */
export function repeated<F extends string, T>(flags: F, about: string, parse: (text: string) => T) {
  const option = new Option(flags, about);
  option.variadic = true;
  return option.argParser((text, before: T[] = []) => [...before, parse(text)]);
}

/** Parses one of some words. @param meant other words for some of them, in lower case */
export function oneOf<const T extends string>(
  what: string,
  choices: readonly T[],
  meant: ReadonlyMap<string, string> = new Map(),
) {
  return (text: string): T => {
    const known = choices.find((each) => each === text);
    if (known !== undefined) return known;
    const near = didYouMean(meant.get(text.toLowerCase()) ?? text, choices);
    throw new InputError(`unknown ${what} "${text}"${near}`, {
      remedy: `choose one of ${choices.join(", ")}`,
    });
  };
}

/** Has help and completion offer words. */
export function offering<T extends { argChoices?: string[] }>(words: readonly string[], to: T): T {
  to.argChoices = [...words];
  return to;
}

/** An option that takes one of some words, which are of a kind. */
export function choice<F extends string, const T extends string>(
  flags: F,
  about: string,
  what: string,
  choices: readonly T[],
) {
  return offering(choices, new Option(flags, about).argParser(oneOf(what, choices)));
}

export const arch = (about: string) => choice("--arch <A>", about, "architecture", ARCHES);

/** Where something is written. */
export function output<F extends string>(flags: F, about: string, others: string[] = []) {
  return new Option(flags, about).conflicts(others).argParser((name) => {
    if (name !== "") return name;
    throw new InputError("the name of the output is empty");
  });
}

/** Words for an encoder; a file is another. */
export const ENCODERS: readonly EncoderName[] = ["assembly", "script", "native", "gvisor"];

/** The encoder of a command: a name, or a file. */
export const anyEncoder = (about: string) =>
  offering(
    ENCODERS,
    new Option("--encoder <E>", `${about}, which is a file (./mine.wasm, ./mine.mjs), or`),
  );
export const encoder = () => anyEncoder("encoder of registers").default("assembly");

/** That a document is printed. */
export const json = (schema: string) => new Option("--json", `print one document, ${schema}`);
