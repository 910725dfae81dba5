import { draw, fit, type Line } from "./frame.ts";

/** The column beside the text of a pane, which says whether there is more. */
const MARGIN = 1;

/** A part of the screen, and how far it can be scrolled. */
export interface Box {
  readonly lines: readonly Line[];
  readonly least: number;
  readonly most: number;
}

/** How wide the text of a pane may be. */
export function textWidth(width: number): number {
  return width - MARGIN;
}

/**
 * As many lines as find room.
 *
 * @param scroll lines away from where `current` is in the middle
 */
export function window(
  content: readonly Line[],
  { width, rows }: { width: number; rows: number },
  scroll: number,
  current = 0,
): Box {
  const last = Math.max(0, content.length - rows);
  const usual = Math.max(0, Math.min(current - Math.floor(rows / 2), last));
  const first = Math.max(0, Math.min(usual + scroll, last));
  const lines = Array.from({ length: rows }, (_, i) => {
    const above = i === 0 && first > 0;
    const below = i === rows - 1 && first < last;
    const more = above ? "↑" : below ? "↓" : " ";
    return [...fit(content[first + i] ?? [], textWidth(width)), draw(more, "strong")];
  });
  return { lines, least: -usual, most: last - usual };
}

/** A line with a title in it; in brackets where the pane has the keys. */
export function header(title: string, note: string, width: number, focused: boolean): Line {
  const name = draw(focused ? `[${title}]` : ` ${title} `, focused ? "strong" : "plain");
  const rest = width - name.text.length - 1;
  const tail = note === "" || note.length + 3 > rest ? "" : ` ${note} ─`;
  return fit(
    [
      draw("─", "faint"),
      name,
      draw(`${"─".repeat(Math.max(0, rest - tail.length))}${tail}`, "faint"),
    ],
    width,
  );
}
