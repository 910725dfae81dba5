import type { Say } from "../lesson_text.ts";
import type { HostLane, Scene } from "../scene.ts";
import type { Ids } from "./ids.ts";

/** The texts of a lesson, by their ids. */
export type SayOf<N extends keyof Ids> = Say<Ids[N]>;

/** What the part of a play that runs in a sandbox has besides its scene. */
export interface Stage {
  /**
   * Reports that it has reached a point, and waits until the other side lets it continue.
   *
   * @param told data for the other side
   */
  pause(point: string, told?: string): Promise<void>;
}

/** Makes it happen, with the verbs of the scene, which closes its stubs afterwards. */
export type Acts<N extends keyof Ids> = (scene: Scene, say: SayOf<N>) => void | Promise<void>;

/** The part of a play that runs in a sandbox (sandbox.ts). */
export interface Sandboxed<N extends keyof Ids> {
  readonly host: HostLane;
  play(scene: Scene, say: SayOf<N>, stage: Stage): void | Promise<void>;
}

/** The code of a lesson, a module, which names the texts of docs/lessons/NAME.md. */
export interface Play<N extends keyof Ids> {
  /** Default: the lane "host". */
  readonly host?: HostLane;
  readonly play: Acts<N>;
  /** What `play` has run elsewhere, if that is needed. */
  readonly sandboxed?: Sandboxed<N>;
}
