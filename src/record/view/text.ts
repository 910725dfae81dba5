import { visible } from "../../page/visible.ts";
import type { Recording } from "../recording.ts";

/** A recording as plain text. */
export function renderText({ title, steps }: Recording): string {
  const lines = steps.map((step, i) => `${i + 1} ${visible(`${step.lane}: ${step.title}`)}`);
  return `${[visible(title), ...lines].join("\n")}\n`;
}
