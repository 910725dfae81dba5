/** The registers of a block by name, and those of a stub at rest. */
export interface View {
  get(name: string): bigint;
  put(name: string, word: bigint): void;
  atRest(name: string): bigint;
}
