import type { Recorder } from "./recorder.ts";

/** What the part of a scenario that runs in a sandbox has besides its recorder. */
export interface Stage {
  /**
   * Reports that it has reached a point, and waits until the other side lets it continue: nothing else runs in its
   * thread meanwhile.
   *
   * @param told data for the other side
   */
  pause(point: string, told?: string): void;
}

/** A lesson of stublab's own: something that happens to real processes, and is recorded. scene.ts is for others. */
export interface Scenario {
  readonly title: string;
  /** Paragraphs that a reader needs before the first step. */
  readonly introduction: readonly string[];
  /**
   * Makes it happen, and records it. It opens whatever it needs, with the encoder `recorder.encoder`, and leaves no
   * process.
   */
  record(recorder: Recorder): void | Promise<void>;
  /** The part that `record` runs in a sandbox (sandbox.ts), if that is needed. */
  sandboxed?(recorder: Recorder, stage: Stage): void | Promise<void>;
}
