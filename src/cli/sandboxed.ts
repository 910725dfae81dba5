// The program of a sandbox of recordings (src/labs/record/sandbox.ts).

import { isEncoderFile, loadEncoder } from "../labs/compare/encoders/foreign.ts";
import { openEncoder } from "../labs/compare/encoders/open.ts";
import { playSandboxed } from "../labs/record/sandboxed.ts";

await playSandboxed(async (encoder) =>
  isEncoderFile(encoder) ? await loadEncoder(encoder) : openEncoder(encoder),
);
