/** The indices of names, each repeated by its weight. */
export function weighted<T extends string>(
  names: readonly T[],
  weights: Readonly<Record<T, number>>,
): bigint[] {
  return names.flatMap((name, i) => Array.from({ length: weights[name] }, () => BigInt(i)));
}
