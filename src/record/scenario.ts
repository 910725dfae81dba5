import type { Recorder } from "./recorder.ts";

/** What the part of a scenario that runs in a sandbox has there, beside its recorder. */
export interface Stage {
  /**
   * Says that it has come to a point, and waits until it is sent on: nothing else runs in its thread meanwhile.
   *
   * @param told whatever the other side wants to know.
   */
  pause(point: string, told?: string): void;
}

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
  /** The part that `record` has run in a sandbox (sandbox.ts), where that is needed. */
  sandboxed?(recorder: Recorder, stage: Stage): void | Promise<void>;
}
