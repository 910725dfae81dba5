/** Returns the error of a kind that `body` throws; fails if it throws another, or nothing. */
export function thrown<T extends Error>(kind: new (...args: never[]) => T, body: () => unknown): T {
  try {
    body();
  } catch (error) {
    if (error instanceof kind) return error;
    throw error;
  }
  throw new Error(`expected a ${kind.name}`);
}

/** Returns what `body` throws; fails if it throws nothing. */
export function raised(body: () => unknown): unknown {
  try {
    body();
  } catch (error) {
    return error;
  }
  throw new Error("expected an exception");
}

/** Returns the reason of a rejected promise; fails if the promise resolves. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("expected a rejection");
}

/** Returns the error of a kind with which a promise rejects; fails if it resolves, or rejects with another. */
export async function rejected<T extends Error>(
  kind: new (...args: never[]) => T,
  promise: Promise<unknown>,
): Promise<T> {
  const error = await rejection(promise);
  if (error instanceof kind) return error;
  throw error;
}
