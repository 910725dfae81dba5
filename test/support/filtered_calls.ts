import { openEncoder } from "../../src/labs/compare/encoders/open.ts";
import { jsonLines } from "./json_lines.ts";

const { constants } = openEncoder("assembly");

/** A system call, by its name or its number, and its arguments. */
export type Call = readonly [call: string | number, ...args: bigint[]];

/** The sum of names and numbers, as of "CLONE_FILES,SIGKILL,2^32". */
const wordOf = (text: string): bigint =>
  text
    .split(",")
    .map((part) => (part === "2^32" ? 2n ** 32n : (constants.get(part) ?? BigInt(part))))
    .reduce((sum, each) => sum + each);

function callsOf(path: string): Call[] {
  return jsonLines<[string, ...string[]]>(path).flatMap(([call, ...args]): Call[] => {
    const number = Number(call);
    // The architecture may have no older form of another call.
    if (Number.isNaN(number) && !constants.has(`SYS_${call}`)) return [];
    return [[Number.isNaN(number) ? call : number, ...args.map(wordOf)]];
  });
}

/** Calls that must not be executed: a guest in control of a stub could do harm with them. */
export const FORBIDDEN = callsOf("support/forbidden_calls");
/** Calls that guests may try. */
export const DANGEROUS = callsOf("support/dangerous_calls");
