import type { Recorder } from "./recorder.ts";

/** A lesson: something that happens to real processes, and is recorded. */
export interface Scenario {
  readonly title: string;
  /** Paragraphs that a reader needs before the first step. */
  readonly introduction: readonly string[];
  /**
   * Makes it happen, and tells the recorder. It opens whatever it needs, with the encoder `recorder.encoder`, and
   * leaves no process behind.
   */
  record(recorder: Recorder): void | Promise<void>;
}
