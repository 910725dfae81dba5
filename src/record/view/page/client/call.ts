import type { Call } from "../../../recording.ts";
import { type Child, element, told } from "./elements.ts";
import { scrolling } from "./words.ts";

/** A call with its arguments, each as it is told and as the word that it is. */
export function callPane({ name, arguments: passed, result }: Call): HTMLElement {
  const row = (what: Child, one: { readonly word: string | null; readonly told: string }) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, what),
      element("td", { class: "wraps" }, told(one.told)),
      element("td", { class: "soft" }, one.word ?? "not known"),
    );
  const rows = passed.map((one, i) => row(`argument ${i}`, one));
  rows.push(
    result === null
      ? element(
          "tr",
          {},
          element("th", { scope: "row" }, "result"),
          element("td", { colspan: 2 }, "none here"),
        )
      : row("result", result),
  );
  const head = ["", "told", "word"].map((text) =>
    text === "" ? element("td") : element("th", { scope: "col" }, text),
  );
  return element(
    "section",
    {},
    element("h3", {}, "The call ", element("code", {}, told(name))),
    scrolling(
      "The call",
      element(
        "table",
        {},
        element("thead", {}, element("tr", {}, ...head)),
        element("tbody", {}, ...rows),
      ),
    ),
  );
}
