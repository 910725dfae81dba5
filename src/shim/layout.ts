/*
 * Records that TypeScript shares with the shim and the module of the fuzzer, as data. The build writes the C structs and
 * the AssemblyScript classes from them (records.mjs).
 */

/** The types of members, and their bytes. */
export const BYTES = { u8: 1, i32: 4, u32: 4, i64: 8, u64: 8 } as const;

/** A member of a record: a number or another record, or `count` of them side by side. */
export interface Member<T extends keyof typeof BYTES | Layout = keyof typeof BYTES | Layout> {
  readonly type: T;
  readonly count?: number;
  readonly about?: string;
}

export type Members = Readonly<Record<string, Member>>;

/** The members of a record that have a place of their own in a view of 32-bit halves. */
type Halves<M extends Members> = {
  readonly [K in keyof M as M[K]["type"] extends "u8" ? never : K]: number;
};

/** A record: struct stublab_NAME. */
export interface Layout<M extends Members = Members> {
  readonly name: string;
  readonly about: string;
  readonly members: M;
  /** Bytes from its beginning to each member. */
  readonly offsets: { readonly [K in keyof M]: number };
  /** Its bytes. */
  readonly size: number;
}

/** Places members one after the other: the C compiler refuses a record that needs gaps. */
export function layOut<const M extends Members>(
  name: string,
  about: string,
  members: M,
): Layout<M> {
  return { name, about, members, offsets: offsetsOf(members), size: sizeOf(members) };
}

const sizeOf = (members: Members): number =>
  Object.values(members).reduce(
    (size, { type, count = 1 }) =>
      size + count * (typeof type === "string" ? BYTES[type] : type.size),
    0,
  );

function offsetsOf<M extends Members>(members: M): { readonly [K in keyof M]: number };
function offsetsOf(members: Members): Readonly<Record<string, number>> {
  const entries = Object.entries(members);
  const before = (i: number) => sizeOf(Object.fromEntries(entries.slice(0, i)));
  return Object.fromEntries(entries.map(([name], i) => [name, before(i)]));
}

/** The offsets of a record's members in 32-bit halves. */
export function halvesOf<M extends Members>(layout: Layout<M>): Halves<M>;
export function halvesOf({ members, offsets }: Layout): Readonly<Record<string, number>> {
  const wide = Object.entries(offsets).filter(([name]) => members[name]?.type !== "u8");
  return Object.fromEntries(wide.map(([name, offset]) => [name, offset / 4]));
}

/** Named numbers: enum stublab_NAME with the constants STUBLAB_PREFIX_VALUE, from 0, or a bit each. */
export interface Enumeration {
  readonly name: string;
  readonly prefix: string;
  readonly about: string;
  readonly bits?: boolean;
  /** The names in their order, each with its meaning. */
  readonly values: readonly (readonly [string, string])[];
}

type NameOf<E extends Enumeration> = E["values"][number][0];

/** The number of each name. */
export function numbersOf<E extends Enumeration>(it: E): { readonly [N in NameOf<E>]: number };
export function numbersOf({ values, bits }: Enumeration): Readonly<Record<string, number>> {
  return Object.fromEntries(values.map(([name], i) => [name, bits ? 1 << i : i]));
}
