import { createHash } from "node:crypto";

/**
 * Ids for things of a page by what they are, so that a link to one holds in the page of a later run as well.
 */
export class Anchors {
  readonly #prefix: string;
  readonly #given = new Map<string, number>();

  /** @param prefix the first letters of each id, e.g. "d-" */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** @param traits what tells the thing from others; a second one of the same traits gets a number */
  give(traits: readonly unknown[]): string {
    const hash = createHash("sha256").update(JSON.stringify(traits)).digest("hex").slice(0, 10);
    const before = this.#given.get(hash) ?? 0;
    this.#given.set(hash, before + 1);
    return `${this.#prefix}${hash}${before === 0 ? "" : `-${before + 1}`}`;
  }
}
