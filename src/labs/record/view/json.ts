import { OutputError } from "../../../lib/errors.ts";
import { excess } from "../../../lib/input.ts";
import { escapeUnits } from "../../../lib/visible.ts";
import { RECORDING_LIMIT } from "../load.ts";
import type { Recording } from "../recording.ts";

/**
 * The document itself, as its file has it; in ASCII, for what others recorded must not move a terminal.
 *
 * @throws OutputError if it would be larger than can be read again.
 */
export function renderJson(recording: Recording): string {
  for (const indent of [1, 0]) {
    const text = `${JSON.stringify(recording, null, indent).replace(/[^\n -~]/g, escapeUnits)}\n`;
    if (text.length <= RECORDING_LIMIT.most) return text;
  }
  throw new OutputError(
    `the recording's document ${excess(RECORDING_LIMIT)}, and could not be read`,
    {
      remedy: "--text, --html, --mermaid and --perfetto show it all the same",
    },
  );
}
