import type { StublabError } from "../src/index.ts";

/** The error of one kind that `body` throws; another, or none, fails the test. */
export function thrown<T extends StublabError>(
  kind: new (...args: never[]) => T,
  body: () => unknown,
): T {
  try {
    body();
  } catch (error) {
    if (error instanceof kind) return error;
    throw error;
  }
  throw new Error(`expected a ${kind.name}`);
}

/** What a promise rejects with; one that resolves fails the test. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("expected a rejection");
}
