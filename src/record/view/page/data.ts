import type { Recording } from "../../recording.ts";

/** What the page's script reads. */
export interface PageData {
  /** As much of it as the page shows step by step. */
  readonly recording: Recording;
  /** The numbers of signals by their names. */
  readonly signals: Readonly<Record<string, number>>;
  /** The encoder of amd64: a WebAssembly module in base64. */
  readonly module: string;
}
