/*
 * Records and numbers that TypeScript shares with the shim and with the module of the fuzzer, as data. The build writes
 * them in C and AssemblyScript (scripts/records.mjs).
 */

/** The types of members, and their bytes. */
const BYTES = { u8: 1, i32: 4, u32: 4, i64: 8, u64: 8 } as const;

/** A member of a record: its type or record, its meaning, and, if it is an array, its length. */
export type Member = readonly [type: keyof typeof BYTES | Layout, about: string, length?: number];
export type Members = Readonly<Record<string, Member>>;

/** A record: struct stublab_NAME. */
export interface Layout<M extends Members = Members> {
  readonly name: string;
  readonly about: string;
  readonly members: M;
  /** Bytes from its beginning to each member. */
  readonly offsets: { readonly [K in keyof M]: number };
  readonly size: number;
}

/** Places members one after the other: the C compiler refuses a record that needs gaps. */
export function layOut<const M extends Members>(name: string, about: string, members: M): Layout<M>;
export function layOut(name: string, about: string, members: Members): Layout {
  const offsets: Record<string, number> = {};
  let size = 0;
  for (const [member, [type, , length = 1]] of Object.entries(members)) {
    offsets[member] = size;
    size += length * (typeof type === "string" ? BYTES[type] : type.size);
  }
  return { name, about, members, offsets, size };
}

/** The members of a record that have a place of their own in a view of 32-bit halves. */
type Halves<M extends Members> = {
  readonly [K in keyof M as M[K][0] extends "u8" ? never : K]: number;
};

/** The offsets of a record's members in 32-bit halves. */
export function halvesOf<M extends Members>(layout: Layout<M>): Halves<M>;
export function halvesOf({ members, offsets }: Layout): Readonly<Record<string, number>> {
  const wide = Object.entries(offsets).filter(([name]) => members[name]?.[0] !== "u8");
  return Object.fromEntries(wide.map(([name, offset]) => [name, offset / 4]));
}

/** A function from a name to its index among `names`, which throws a RangeError for others. */
export function indexIn(names: readonly string[]): (name: string) => number {
  return (name) => {
    const index = names.indexOf(name);
    if (index < 0) throw new RangeError(`unknown register "${name}"`);
    return index;
  };
}

/** Named numbers: enum stublab_NAME with the constants STUBLAB_PREFIX_NAME, from 0, or a bit each. */
export interface Enumeration {
  readonly name: string;
  readonly prefix: string;
  readonly about: string;
  readonly bits?: boolean;
  /** The names in their order, each with its meaning. */
  readonly values: readonly (readonly [name: string, about: string])[];
}

/** The names, in the order of their numbers. */
export function namesOf<E extends Enumeration>({ values }: E): readonly E["values"][number][0][] {
  return values.map(([name]) => name);
}

/** The number of each name. */
export function numbersOf<E extends Enumeration>(
  it: E,
): { readonly [N in E["values"][number][0]]: number };
export function numbersOf({ values, bits }: Enumeration): Readonly<Record<string, number>> {
  return Object.fromEntries(values.map(([name], i) => [name, bits ? 1 << i : i]));
}
