/** The constants whose names recordings use: calls.ts and annotate.ts look up no others. */
const USED =
  /^(SYS_[a-z]|SIG(?!INFO_)|CLONE_(?!ARGS|3)|E[A-Z0-9]+$|W[A-Z]+$|__W[A-Z]+$|PR_|PROT_|MAP_|PTRACE_O_)/;

/** The encoder's constants that a page needs, by their names. */
export function usedConstants(constants: ReadonlyMap<string, bigint>): Record<string, number> {
  const used = [...constants].filter(([name]) => USED.test(name));
  return Object.fromEntries(used.map(([name, value]) => [name, Number(value)]));
}
