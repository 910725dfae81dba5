/* Values as C. */

export const word = (value: bigint) => `0x${BigInt.asUintN(64, value).toString(16)}ULL`;
export const quote = (text: string) => JSON.stringify(text);
/** A list that 0 ends. */
export const names = (name: string, all: readonly string[]) =>
  `const char *const ${name}[] = {${[...all.map(quote), "0"].join(", ")}};`;

export function bytesOf(words: readonly bigint[]): Uint8Array {
  return new Uint8Array(BigUint64Array.from(words).buffer);
}

/** An enum whose members are numbered from 0. */
export function enumOf(name: string, prefix: string, members: readonly string[]): string {
  const all = members.map((member) => `${prefix}_${member.toUpperCase()}`);
  return `enum ${name} { ${all.join(", ")} };`;
}
