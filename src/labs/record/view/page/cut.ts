import { count } from "../../../../lib/page/figures.ts";
import type { Shape } from "../../../../lib/shape.ts";
import { cut } from "../../../../lib/visible.ts";

// Parts of recordings, with every string so short that a page bears it. What is real is never as long as these limits.

const [NAME, LINE, PROSE] = [60, 400, 2000];

/** The members that name something: a lane, a code, a call. Registers are named by the members themselves. */
const NAMES = new Set(["id", "lane", "about", "code", "name"]);

/** The members that are prose. */
const TEXTS = new Set(["text", "why", "because", "replies", "observer"]);

/** How many lines a code may have, and a memory map. */
const MOST = new Map([
  ["lines", 1000],
  ["memory", 400],
]);

const more = (rest: number) => `… (${count(rest)} more)`;

/** A string, and how much of it is missing. */
function shorten(text: string, limit: number): string {
  const { text: head, rest } = cut(text, limit);
  return rest === 0 ? text : head + more(rest);
}

/** Shortens the parts of one recording: different names stay different. */
export class Shortener {
  readonly #names = new Map<string, string>();

  /** The same part with shorter strings and lists. */
  cut<T>(shape: Shape<T>, part: T): T {
    return shape(this.#walk(part, ""), "");
  }

  #walk(value: unknown, member: string): unknown {
    if (typeof value === "string") {
      if (NAMES.has(member)) return this.#name(value);
      return shorten(value, TEXTS.has(member) ? PROSE : LINE);
    }
    if (Array.isArray(value)) {
      const items = value.slice(0, MOST.get(member)).map((item) => this.#walk(item, member));
      const rest = value.length - items.length;
      return rest > 0 && member === "memory" ? [...items, more(rest)] : items;
    }
    if (typeof value !== "object" || value === null) return value;
    const members = Object.entries(value);
    return Object.fromEntries(
      members.map(([name, each]) => [this.#name(name), this.#walk(each, name)]),
    );
  }

  #name(name: string): string {
    if (name.length <= NAME) return name;
    const short = this.#names.get(name) ?? `${shorten(name, NAME)} #${this.#names.size + 1}`;
    this.#names.set(name, short);
    return short;
  }
}
