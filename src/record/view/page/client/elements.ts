import { isForeign } from "../../../../page/html.ts";
import { stretches, visible } from "../../../../visible.ts";

// Elements as page/html.ts makes markup: what strings hold is only ever text, and nothing in it is unseen.

type Attributes = Readonly<Record<string, string | number | boolean>>;
export type Child = Node | string | number;

/** Makes an element; an attribute that is true is there without a value, and one that is false is not. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false) made.setAttribute(name, value === true ? "" : visible(String(value)));
  }
  fill(made, ...children);
  return made;
}

/** Gives an element other children. */
export function fill(parent: Element, ...children: readonly Child[]): void {
  parent.replaceChildren(
    ...children.map((child) => (child instanceof Node ? child : visible(String(child)))),
  );
}

/** A string of others, with its escapes marked, and kept from moving its neighbours. */
export function told(text: string): Node {
  const parts = stretches(text).map((part) =>
    part.escaped ? element("i", {}, part.text) : document.createTextNode(part.text),
  );
  if (isForeign(text)) return element("bdi", {}, ...parts);
  const fragment = document.createDocumentFragment();
  fragment.append(...parts);
  return fragment;
}

/** An element that the page has. @throws Error where it has not */
export function find<T extends Element>(selector: string, kind: new () => T): T {
  const found = document.querySelector(selector);
  if (found instanceof kind) return found;
  throw new Error(`the page has no ${selector}`);
}
