import type { Recording } from "../recording.ts";

/** The document itself, as its file has it. */
export function renderJson(recording: Recording): string {
  return `${JSON.stringify(recording, null, 1)}\n`;
}
