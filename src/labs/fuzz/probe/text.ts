/* Values as C. */

export const word = (value: bigint) => `0x${BigInt.asUintN(64, value).toString(16)}ULL`;
export const quote = (text: string) => JSON.stringify(text);
/** A list that 0 ends. */
export const names = (name: string, all: readonly string[]) =>
  `const char *const ${name}[] = {${[...all.map(quote), "0"].join(", ")}};`;
