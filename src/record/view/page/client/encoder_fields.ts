import { constantsOf } from "../../../../encoder/names.ts";
import { type Child, element } from "./elements.ts";

type Constants = ReadonlyMap<string, bigint>;

/** A control with its name before it. */
export function labelled(name: Child, control: HTMLElement): HTMLElement {
  return element("label", {}, name, " ", control);
}

/** A list to choose from; the values are what is shown unless told. */
export function select(
  options: readonly (readonly [text: string, value: string])[],
  chosen: string,
): HTMLSelectElement {
  const items = options.map(([text, value]) =>
    element("option", { value, selected: value === chosen }, text),
  );
  return element("select", { autocomplete: "off" }, ...items);
}

/** A checkbox for each flag, by its name. */
export class Flags {
  readonly element: HTMLElement;
  readonly #boxes: readonly (readonly [bit: bigint, box: HTMLInputElement])[];

  constructor(flags: readonly (readonly [name: string, bit: bigint])[], set: readonly string[]) {
    const boxes = flags.map(([name, bit]) => {
      const attributes = {
        type: "checkbox",
        name,
        checked: set.includes(name),
        autocomplete: "off",
      };
      return [bit, element("input", attributes)] as const;
    });
    this.#boxes = boxes;
    const items = boxes.map(([, box]) =>
      element("label", {}, box, " ", element("code", {}, box.name)),
    );
    this.element = element("div", { class: "flags" }, ...items);
  }

  /** The flags that are set, in one word. */
  get word(): bigint {
    return this.#boxes.reduce((word, [bit, box]) => (box.checked ? word | bit : word), 0n);
  }
}

/** Flags with a bit of their own, without second names of the same. */
export function flagsOf(constants: Constants, kind: "clone" | "wait"): [string, bigint][] {
  const named =
    kind === "clone"
      ? constantsOf("clone", constants)
      : [...constants].filter(([name]) => /^(__)?W[A-Z]+$/.test(name));
  const seen = new Set<bigint>();
  return named.filter(([, bit]) => {
    const first = !seen.has(bit);
    seen.add(bit);
    return first;
  });
}
