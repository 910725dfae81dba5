// The program of a sandbox of recordings (src/labs/record/sandbox.ts).

import { isEncoderFile } from "../labs/compare/encoders/foreign.ts";
import { loadEncoderUnconfined, openEncoder } from "../labs/compare/encoders/open.ts";
import { playSandboxed } from "../labs/record/sandboxed.ts";

await playSandboxed(async (encoder) =>
  isEncoderFile(encoder) ? await loadEncoderUnconfined(encoder) : openEncoder(encoder),
);
