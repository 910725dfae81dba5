import type { Recording } from "../../../recording.ts";
import { memoryAt } from "../../told.ts";
import { element, told } from "./elements.ts";
import { scrolling } from "./words.ts";

/** Whether the reader wants to see memory maps: once opened, they stay open. */
let open = false;

/** The memory map after a step, with what came and what went where it changed. */
export function memoryPane(recording: Recording, index: number): HTMLElement | undefined {
  const now = memoryAt(recording, index);
  if (now === null) return undefined;
  const about = recording.steps[index]?.about;
  const changed = recording.steps[index]?.kernel?.memory != null;
  const last = changed
    ? recording.steps.findLast(
        (step, i) => i < index && step.about === about && step.kernel?.memory,
      )
    : undefined;
  const before = last?.kernel?.memory ?? now;
  const [old, all] = [new Set(before), new Set(now)];
  const gone = before.filter((line) => !all.has(line));
  const came = now.filter((line) => !old.has(line));
  const row = (sign: string, name: string, line: string) =>
    element(
      "tr",
      { class: sign === "" ? "" : "changed" },
      element(
        "td",
        { class: "sign" },
        sign === "" ? "" : element("span", { role: "img", "aria-label": name }, sign),
      ),
      element("td", {}, told(line)),
    );
  const rows = [
    ...now.map((line) => (old.has(line) ? row("", "", line) : row("+", "new", line))),
    ...gone.map((line) => row("−", "gone", line)),
  ];
  const count = now.length === 1 ? "1 mapping" : `${now.length} mappings`;
  const change = came.length + gone.length === 0 ? "" : `: ${came.length} new, ${gone.length} gone`;
  const details = element(
    "details",
    { open },
    element("summary", {}, "Memory, ", count, change),
    scrolling("Memory", element("table", { class: "memory" }, element("tbody", {}, ...rows))),
  );
  details.addEventListener("toggle", () => {
    open = details.open;
  });
  return element("section", {}, details);
}
