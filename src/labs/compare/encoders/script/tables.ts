/** Constants under the kernel's names. */
export type Constants = ReadonlyMap<string, bigint>;

function words(table: string): string[] {
  return table.trim().split(/\s+/);
}

/** Numbers the names of `table` from `first` on; a "-" skips a number. */
export function* counted(table: string, first: number, prefix = ""): Generator<[string, bigint]> {
  for (const [index, name] of words(table).entries()) {
    if (name !== "-") yield [prefix + name, BigInt(first + index)];
  }
}

/** The byte offset of each name of `table`, members of a structure of 64-bit words. */
export function* offsets(table: string, prefix: string): Generator<[string, bigint]> {
  for (const [name, index] of counted(table, 0, prefix)) yield [name, 8n * index];
}

/** One bit for each name of `table`, from bit `first` up. */
export function* bits(table: string, first: number): Generator<[string, bigint]> {
  for (const [name, bit] of counted(table, first)) yield [name, 1n << bit];
}

/** Alternating names and values, in hexadecimal, octal (0o) or decimal. */
export function* pairs(...tables: string[]): Generator<[string, bigint]> {
  for (const [, name, value] of tables.join(" ").matchAll(/(\w+)\s+(\S+)/g)) {
    if (name !== undefined && value !== undefined) yield [name, BigInt(value)];
  }
}

/**
 * The value of a constant.
 *
 * @throws ReferenceError if there is no constant of that name
 */
export function valueIn(constants: Constants, name: string): bigint {
  const value = constants.get(name);
  if (value === undefined) throw new ReferenceError(`no constant ${name}`);
  return value;
}

/** The same as a Number. */
export function numberIn(constants: Constants, name: string): number {
  return Number(valueIn(constants, name));
}
