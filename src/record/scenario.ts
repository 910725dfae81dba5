import type { Recorder } from "./recorder.ts";

/** What the sandboxed part of a scenario gets besides its recorder. */
export interface Stage {
  /**
   * Reports that it has reached a point, and blocks its thread until the other side lets it continue.
   *
   * @param told data for the other side.
   */
  pause(point: string, told?: string): void;
}

/** A lesson: something that happens to real processes, and is recorded. */
export interface Scenario {
  readonly title: string;
  /** Paragraphs that a reader needs before the first step. */
  readonly introduction: readonly string[];
  /**
   * Runs the scenario, and records it. It opens what it needs, with the encoder `recorder.encoder`, and leaves no
   * process behind.
   */
  record(recorder: Recorder): void | Promise<void>;
  /** The part that `record` runs in a sandbox (sandbox.ts), if any. */
  sandboxed?(recorder: Recorder, stage: Stage): void | Promise<void>;
}
