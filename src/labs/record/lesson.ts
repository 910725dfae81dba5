import { InputError } from "../../lib/errors.ts";
import { expectMembers, instance, list, type Shape, show, text } from "../../lib/shape.ts";
import type { Stage } from "./plays/play.ts";
import type { HostLane, Scene } from "./scene.ts";

/** A lesson: what happens to real processes, and what is said about it. */
export interface Lesson {
  /** A word of letters, digits and hyphens: the `scenario` of the recording. */
  readonly name: string;
  readonly title: string;
  /** Paragraphs that a reader needs before the first step. */
  readonly introduction: readonly string[];
  /** Makes it happen, with the verbs of the scene. What it throws rejects the recording. */
  play(scene: Scene): void | Promise<void>;
  /** The lane of this process. Only lessons of stublab have another than "host". @internal */
  readonly host?: HostLane | undefined;
  /** The part that `play` runs in a sandbox (sandbox.ts), likewise. @internal */
  readonly sandboxed?:
    | {
        readonly host: HostLane;
        play(scene: Scene, stage: Stage): void | Promise<void>;
      }
    | undefined;
}

const lessonName: Shape<string> = (value, place) => {
  const name = text(value, place);
  if (/^[\w-]{1,40}$/.test(name)) return name;
  throw new InputError(`${place}: expected letters, digits and hyphens, got ${show(name)}`);
};

const SHAPES = {
  name: lessonName,
  title: text,
  introduction: list(text, 1000),
  play: instance(Function, "a function"),
};

/** A value as a lesson of a user's own. @throws InputError */
export function expectLesson(value: Pick<Lesson, keyof typeof SHAPES>, place: string): Lesson {
  expectMembers(value, place, SHAPES, ["name", "title", "introduction", "play"]);
  return value;
}
