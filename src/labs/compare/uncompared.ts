import { FUNCTION_NAMES, type FunctionName, functionsOf } from "../../core/encoder/abi.ts";
import { missingNames } from "../../core/encoder/driver.ts";
import { nearest } from "../../lib/nearest.ts";
import { counted } from "../../lib/page/figures.ts";
import type { FunctionComparison } from "./function.ts";
import type { Uncompared } from "./report.ts";
import type { Subject } from "./subject.ts";

/** How many functions a note names. */
const FEW = 4;

/** The functions of each encoder that were compared in no case. */
export function uncomparedOf(
  subjects: readonly Subject[],
  functions: readonly FunctionComparison[],
  wanted: (name: FunctionName) => boolean,
): Uncompared[] {
  return subjects.flatMap(({ name: encoder, arch }) => {
    const compared = functions
      .filter((each) => each.arch === arch && each.isCompared(encoder))
      .map(({ name }) => name);
    const left = functionsOf(arch).filter((name) => wanted(name) && !compared.includes(name));
    return left.length === 0 ? [] : [{ encoder, arch, functions: left }];
  });
}

/**
 * What of an encoder is not compared: functions that it does not have, and exports whose names are near those of
 * functions or constants.
 *
 * @param wanted the functions of the comparison
 * @param known the names of constants
 */
export function describeUncompared(
  subject: Subject,
  wanted: (name: FunctionName) => boolean,
  known: readonly string[],
): string[] {
  const { name, arch, constants, others = [] } = subject;
  const lacking = functionsOf(arch).filter((each) => !subject.has(each));
  const unknown = [...constants.keys()].filter((each) => !known.includes(each));
  const unused = known.filter((each) => !constants.has(each));
  const missed = [
    ...others.map((other) => [other, nearest(other, lacking)]),
    ...unknown.map((other) => [other, unused.find((each) => plain(each) === plain(other))]),
  ];
  const notes = missed.flatMap(([other, near]) =>
    near === undefined ? [] : [`${name} exports ${other}, which the ABI does not have: ${near}?`],
  );
  const left = lacking.filter(wanted);
  if (left.length > 0) notes.push(`${name} has no ${few(left)}: not compared on ${arch}`);
  return notes;
}

/** What an encoder from a file lacks to drive stubs; undefined if it lacks nothing. */
export function describeMissing(subject: Subject): string | undefined {
  const missing = missingNames(subject);
  if (missing.length === 0) return undefined;
  const functions = missing.filter((name) => FUNCTION_NAMES.some((known) => known === name));
  const constants = missing.filter((name) => !functions.includes(name));
  const told = [
    ...(constants.length > 0
      ? [`${counted(constants.length, "constant")}, ${few(constants)}`]
      : []),
    ...(functions.length > 0 ? [few(functions)] : []),
  ];
  return `${subject.name} cannot drive stubs yet: it lacks ${told.join("; and ")}`;
}

/** The first names of many. */
function few(names: readonly string[]): string {
  const rest = names.length > FEW ? ` and ${names.length - FEW} others` : "";
  return names.slice(0, FEW).join(", ") + rest;
}

/** A name without what styles of writing change. */
function plain(name: string): string {
  return name.toLowerCase().replaceAll("_", "");
}
