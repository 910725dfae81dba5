import type { HostLane, Scene } from "./scene.ts";

/** What the part of a scenario that runs in a sandbox has besides its scene. */
export interface Stage {
  /**
   * Reports that it has reached a point, and waits until the other side lets it continue: nothing else runs in its
   * thread meanwhile.
   *
   * @param told data for the other side
   */
  pause(point: string, told?: string): void;
}

/** A lesson of stublab's own: something that happens to real processes, and is recorded. lesson.ts is for others. */
export interface Scenario {
  readonly title: string;
  /** Paragraphs that a reader needs before the first step. */
  readonly introduction: readonly string[];
  /** Default: the lane "host". */
  readonly host?: HostLane;
  /** Makes it happen, with the verbs of the scene, which closes its stubs afterwards. */
  play(scene: Scene): void | Promise<void>;
  /** The part that `play` runs in a sandbox (sandbox.ts), if that is needed. */
  readonly sandboxed?: {
    readonly host: HostLane;
    play(scene: Scene, stage: Stage): void | Promise<void>;
  };
}
