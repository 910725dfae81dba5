import type { Stage } from "./plays/play.ts";
import type { HostLane, Scene } from "./scene.ts";

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
