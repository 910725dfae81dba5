/*
 * Tables for the module of assembly/fuzz, which the build writes into it (scripts/records.mjs): words that the kernel or
 * the processor treats specially, and addresses in targets. A line of tables.jsonl has the words of one, or the weights of
 * names; `beside` stands for the places at these distances from each piece of code.
 */

import { BOUNDARIES, RESULTS } from "../../../lib/cases/words.ts";
import { rowsOf } from "../../../lib/rows.ts";
import { hexWord, integer, list, members, optional, table, text } from "../../../lib/shape.ts";
import { BASELINE, KEPT, REGISTERS } from "../case/arch.ts";
import { FROMS, ONS, WAYS } from "../case/records.ts";
import { DRAWN_CODES, TABLE_LINES } from "./arch.ts";
import COMMON_LINES from "./tables.jsonl";

const MOST = 256;
const NAMES = new Map<string, readonly string[]>(
  Object.entries({ froms: FROMS, ways: WAYS, ons: ONS, registers: REGISTERS }),
);

/** Words by the name of their table. */
export function readTables(): ReadonlyMap<string, readonly bigint[]> {
  const tables = [COMMON_LINES, TABLE_LINES].flatMap((lines) => rowsOf(lines, readTable));
  const kept = new Map<string, bigint>(Object.entries(KEPT));
  return new Map([
    ...tables,
    ["baseline", BASELINE],
    ["kept", REGISTERS.map((name) => kept.get(name) ?? 0n)],
    ["boundaries", BOUNDARIES],
    ["results", RESULTS],
  ]);
}

function readTable(value: unknown, place: string): [name: string, words: readonly bigint[]] {
  const read = members(value, place);
  const name = read("table", text);
  const weights = read("weights", optional(table(integer, MOST)));
  const words = read("words", optional(list(hexWord, MOST))) ?? [];
  const beside = read("beside", optional(list(integer, MOST))) ?? [];
  const places = DRAWN_CODES.flatMap(({ address }) => beside.map((distance) => address + distance));
  if (weights === undefined) return [name, [...places, ...words.map(BigInt)]];
  // The index of each name, as often as it is to be drawn.
  const drawn = (NAMES.get(name) ?? []).flatMap((each, i) =>
    Array.from({ length: Number(weights[each] ?? 1n) }, () => BigInt(i)),
  );
  return [name, drawn];
}
