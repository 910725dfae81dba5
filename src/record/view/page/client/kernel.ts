import type { Recording } from "../../../recording.ts";
import { kernelChanges } from "../../told.ts";
import { element, told } from "./elements.ts";
import { changeSign } from "./words.ts";

/** What /proc said, with what is otherwise than when it was last told of that process. */
export function kernelPane(
  recording: Recording,
  index: number,
  signals: ReadonlyMap<string, bigint>,
): HTMLElement | undefined {
  const rows = kernelChanges(recording, index, signals);
  if (rows.length === 0) return undefined;
  const body = rows.map(({ term, value, before }) => {
    const changed = before !== null;
    const was = changed ? [element("span", { class: "soft" }, " (was ", told(before), ")")] : [];
    return element(
      "tr",
      { class: changed ? "changed" : "" },
      element("td", { class: "sign" }, changed ? changeSign() : ""),
      element("th", { scope: "row" }, term),
      element(
        "td",
        { class: "wraps" },
        changed ? element("mark", {}, told(value)) : told(value),
        ...was,
      ),
    );
  });
  const table = element("table", { class: "kernel" }, element("tbody", {}, ...body));
  return element(
    "section",
    {},
    element("h3", {}, "The kernel’s view of ", told(recording.steps[index]?.about ?? "")),
    table,
  );
}
