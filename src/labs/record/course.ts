import { InputError, UnsupportedError } from "../../lib/errors.ts";
import { didYouMean } from "../../lib/nearest.ts";
import { expectMembers, instance, list, type Shape, show, text } from "../../lib/shape.ts";
import { HOST } from "./arch.ts";
import { lessonText, sayOf } from "./lesson_text.ts";
import type { Ids } from "./plays/ids.ts";
import type { Play, Stage } from "./plays/play.ts";
import type { HostLane, Scene } from "./scene.ts";

type Name = Exclude<keyof Ids, "common">;

/** The play of each lesson, which is loaded on demand. */
type Plays = { readonly [N in Name]: () => Promise<Play<N>> };

const BASICS = {
  host: () => import("./plays/host.ts"),
  grandchild: () => import("./plays/grandchild.ts"),
  inject: () => import("./plays/inject.ts"),
  scrub: () => import("./plays/scrub.ts"),
  switch: () => import("./plays/switch.ts"),
};
const BIRTHS = {
  "parent-dies": () => import("./plays/parent_dies.ts"),
  "thread-dies": () => import("./plays/thread_dies.ts"),
  "early-attach": () => import("./plays/early_attach.ts"),
  "no-wuntraced": () => import("./plays/no_wuntraced.ts"),
  "blocked-signals": () => import("./plays/blocked_signals.ts"),
  "no-setsid": () => import("./plays/no_setsid.ts"),
};
const LATER = {
  "no-exitkill": () => import("./plays/no_exitkill.ts"),
  exitkill: () => import("./plays/exitkill.ts"),
  "stale-orig-rax": () => import("./plays/stale_orig_rax.ts"),
  rseq: () => import("./plays/rseq.ts"),
  cascade: () => import("./plays/cascade.ts"),
};
const PLAYS: Plays = { ...BASICS, ...BIRTHS, ...LATER };

/** The lessons in the parts of the course: docs/lessons/README.md. */
export const COURSE: readonly { readonly title: string; readonly lessons: readonly string[] }[] = [
  { title: "How it works", lessons: Object.keys(BASICS) },
  {
    title: "What can go wrong at a birth, and why each of its steps is needed",
    lessons: Object.keys(BIRTHS),
  },
  { title: "What can go wrong later", lessons: Object.keys(LATER) },
];

/** The names of all lessons, in the order of the course. */
export const LESSONS: readonly string[] = COURSE.flatMap(({ lessons }) => lessons);

/** What a lesson shows, in a line; empty if there is no such lesson. */
export function summaryOf(name: string): string {
  return lessonText(name)?.summary ?? "";
}

/** Why a lesson cannot be recorded on this machine's architecture; undefined if it can. */
export function refusalOf(name: string): string | undefined {
  return Object.hasOwn(HOST.REFUSED, name) ? HOST.REFUSED[name] : undefined;
}

/** The lesson after one that can be recorded here; undefined after the last, and after what is no lesson. */
export function lessonAfter(name: string): string | undefined {
  const all = LESSONS.filter((each) => refusalOf(each) === undefined);
  return all.includes(name) ? all[all.indexOf(name) + 1] : undefined;
}

function isName(name: string): name is Name {
  return Object.hasOwn(PLAYS, name);
}

/** @throws InputError that names the nearest lesson; UnsupportedError if it does not exist on this architecture */
export async function loadLesson(name: string): Promise<Lesson> {
  text(name, "lesson");
  const refusal = refusalOf(name);
  if (refusal !== undefined) {
    throw new UnsupportedError(`the lesson "${name}" cannot be recorded here: ${refusal}`);
  }
  if (isName(name)) return load(name);
  throw new InputError(`unknown lesson "${name}"${didYouMean(name, LESSONS)}`, {
    remedy: `lessons: ${LESSONS.join(", ")}`,
  });
}

/** A play with the texts of its page. */
async function load<N extends Name>(name: N): Promise<Lesson> {
  const { host, play, sandboxed } = await PLAYS[name]();
  const say = sayOf(name);
  const { title = "", introduction = [] } = lessonText(name) ?? {};
  return {
    name,
    title,
    introduction,
    host,
    play: (scene) => play(scene, say),
    sandboxed: sandboxed && {
      host: sandboxed.host,
      play: (scene, stage) => sandboxed.play(scene, say, stage),
    },
  };
}

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
