/* Items by what they have in common, in the order in which they come. */

export function grouped<K, T>(items: Iterable<T>, keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

/** Counts an item so many times more. */
export function add<K>(counts: Map<K, number>, item: K, times = 1): void {
  counts.set(item, (counts.get(item) ?? 0) + times);
}

/** How often each item occurs. */
export function countsOf<K>(items: Iterable<K>): Map<K, number> {
  const counts = new Map<K, number>();
  for (const item of items) add(counts, item);
  return counts;
}
