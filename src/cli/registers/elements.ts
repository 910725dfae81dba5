/* The elements of page.html, and more of them. */

/** The element of an id. @throws RangeError if there is none of that type */
export function element<T extends HTMLElement>(type: abstract new () => T, id: string): T {
  const found = document.getElementById(id);
  if (found instanceof type) return found;
  throw new RangeError(`the page has no ${id}`);
}

export const input = (id: string) => element(HTMLInputElement, id);

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

type Field = HTMLInputElement | HTMLTextAreaElement;

/** Lets `take` read what is typed into a field, and tells what is wrong with it. @param take throws if it cannot be read */
export function read(field: Field, told: HTMLElement, take: (text: string) => void): void {
  field.addEventListener("input", () => {
    try {
      take(field.value);
      field.removeAttribute("aria-invalid");
    } catch (error) {
      field.setAttribute("aria-invalid", "true");
      told.textContent = error instanceof Error ? error.message : String(error);
    }
  });
}

/** Shows a text in a field, and what it means beside it, unless one is typing there what cannot be read. */
export function put(field: Field, beside: HTMLElement, text: string, meaning: string): void {
  const isTyped = field === document.activeElement;
  if (isTyped && field.ariaInvalid === "true") return;
  if (!isTyped) field.value = text;
  field.removeAttribute("aria-invalid");
  beside.textContent = meaning;
}
