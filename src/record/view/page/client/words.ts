import type { RegisterRow } from "../../told.ts";
import { type Child, element, told } from "./elements.ts";

/** A word with the digits that are not what they were marked; all of it where its length is another. */
function markedWord(before: string, after: string): Child[] {
  if (before === after) return [told(after)];
  if (before.length !== after.length) return [element("mark", {}, told(after))];
  const parts: Child[] = [];
  for (let i = 0; i < after.length; ) {
    const same = before[i] === after[i];
    let end = i;
    while (end < after.length && (before[end] === after[end]) === same) end++;
    const digits = after.slice(i, end);
    parts.push(same ? digits : element("mark", {}, digits));
    i = end;
  }
  return parts;
}

/** A table of registers before and after, with a column of whatever else is to be told. */
export function registerTable(
  label: string,
  rows: readonly RegisterRow[],
  more?: { readonly head: string; readonly cell: (row: RegisterRow) => string },
): HTMLElement {
  const head = ["", "register", "before", "after", ...(more === undefined ? [] : [more.head])];
  const body = rows.map((row) => {
    const { name, before, after, changed } = row;
    const cells: Child[] = [
      element("td", { class: "sign" }, changed ? changeSign() : ""),
      element("th", { scope: "row" }, told(name)),
      element("td", {}, told(before)),
      element("td", {}, ...markedWord(before, after)),
    ];
    if (more !== undefined) cells.push(element("td", { class: "bits" }, more.cell(row)));
    return element("tr", { class: changed ? "changed" : "", "data-register": name }, ...cells);
  });
  const columns = head.map((text) =>
    text === "" ? element("td") : element("th", { scope: "col" }, text),
  );
  return scrolling(
    label,
    element(
      "table",
      { class: "registers" },
      element("thead", {}, element("tr", {}, ...columns)),
      element("tbody", {}, ...body),
    ),
  );
}

/** What changed is told apart by more than its colour. */
export function changeSign(): HTMLElement {
  return element("span", { role: "img", "aria-label": "changed" }, "*");
}

/** A region that scrolls by itself where what is in it is wider, by the keyboard too. */
export function scrolling(label: string, table: HTMLElement): HTMLElement {
  const region = element("div", { class: "scroll", role: "region", "aria-label": label }, table);
  new ResizeObserver(() => {
    const wide = region.scrollWidth > region.clientWidth;
    if (wide) region.tabIndex = 0;
    else region.removeAttribute("tabindex");
  }).observe(region);
  return region;
}
