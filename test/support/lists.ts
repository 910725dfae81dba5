import * as assert from "uvu/assert";

/** Fails unless `of` of each item is what `expected` lists. */
export function lists<T>(
  items: readonly T[] | undefined,
  expected: readonly unknown[] | undefined,
  of: (item: T, index: number) => unknown,
): void {
  assert.equal(items?.map(of), expected);
}

/** Fails, and shows the items, if any is wrong. */
export function none<T>(items: readonly T[], isWrong: (item: T, index: number) => boolean): void {
  assert.equal(items.filter(isWrong), []);
}
