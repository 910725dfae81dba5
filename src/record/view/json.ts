import type { Recording } from "../recording.ts";

/** The document itself, as its file has it; in ASCII, for what others recorded must not move a terminal. */
export function renderJson(recording: Recording): string {
  const escapeUnit = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return `${JSON.stringify(recording, null, 1).replace(/[^\n -~]/g, escapeUnit)}\n`;
}
