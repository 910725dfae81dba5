/* The elements of page.html, and more of them. */

/** The element with an id. @throws RangeError if it is missing, or has another type */
export function element<T extends HTMLElement>(type: abstract new () => T, id: string): T {
  const found = document.getElementById(id);
  if (found instanceof type) return found;
  throw new RangeError(`the page has no ${id}`);
}

/** An element with attributes, of which those that are undefined are left out. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string | undefined>>,
  ...children: readonly (string | Node)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}
