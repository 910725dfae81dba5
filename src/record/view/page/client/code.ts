import { INSTRUCTION_POINTER } from "../../../../stub/amd64.ts";
import type { Code, CodeLine, Recording, Step } from "../../../recording.ts";
import { type Child, element, told } from "./elements.ts";
import { scrolling } from "./words.ts";

/** How much of a long code is shown around the place that counts. */
const [WHOLE, AROUND] = [60, 20];

/** Where a step is in a code: the line that it executed, and the one that RIP points to after it. */
interface Place {
  readonly code: Code;
  readonly executed: number | undefined;
  readonly next: number | undefined;
}

/** The listing around a step; undefined where it is in no code that the recording has. */
export function codePane({ code }: Recording, step: Step): HTMLElement | undefined {
  const place = placeOf(code, step);
  if (place === undefined) return undefined;
  const { lines } = place.code;
  const middle = place.executed ?? place.next ?? 0;
  const from = lines.length <= WHOLE ? 0 : Math.max(0, middle - AROUND);
  const to = lines.length <= WHOLE ? lines.length : middle + AROUND + 1;
  const rows = lines.slice(from, to).flatMap((line, i) => linesOf(place, line, from + i));
  const table = element("table", { class: "code" }, element("tbody", {}, ...rows));
  const left = [from, Math.max(0, lines.length - to)];
  const note = left.some((count) => count > 0)
    ? [
        element(
          "p",
          { class: "left-out" },
          `${left[0]} lines before and ${left[1]} after are not shown`,
        ),
      ]
    : [];
  const title = element("h3", {}, "Code: ", told(place.code.name));
  return element("section", {}, title, scrolling("Code", table), ...note);
}

function placeOf(codes: readonly Code[], { instruction, registers }: Step): Place | undefined {
  const rip = registers?.after[INSTRUCTION_POINTER];
  const next = rip === undefined ? undefined : BigInt(rip);
  for (const code of codes) {
    const { name, base, lines } = code;
    const lineAt = (offset: bigint) => {
      const found = lines.findIndex((line) => BigInt(line.offset) === offset);
      return found < 0 ? undefined : found;
    };
    const after = next === undefined ? undefined : lineAt(next - BigInt(base));
    const executed = instruction?.code === name ? lineAt(BigInt(instruction.offset)) : undefined;
    if (executed !== undefined || (instruction === null && after !== undefined)) {
      return { code, executed, next: after };
    }
  }
  return undefined;
}

function linesOf({ code, executed, next }: Place, line: CodeLine, index: number): HTMLElement[] {
  const { offset, bytes, text, label } = line;
  const address = `0x${(BigInt(code.base) + BigInt(offset)).toString(16)}`;
  const now = index === executed;
  const sign = signOf(now, index === next);
  const row = element(
    "tr",
    { class: now ? "now" : "", ...(now ? { "aria-current": "step" } : {}) },
    element("td", { class: "sign" }, ...sign),
    element("td", { class: "soft" }, address),
    element("th", { scope: "row" }, told(text)),
    element("td", { class: "soft" }, told(bytes)),
  );
  if (label === null) return [row];
  const head = element(
    "tr",
    {},
    element("td", { colspan: 2 }),
    element("td", { class: "label", colspan: 2 }, told(label), ":"),
  );
  return [head, row];
}

function signOf(now: boolean, next: boolean): Child[] {
  if (now) return [element("span", { role: "img", "aria-label": "executed" }, "▶")];
  if (next) return [element("span", { role: "img", "aria-label": "next" }, "›")];
  return [];
}
