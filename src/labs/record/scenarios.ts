import { InputError, UnsupportedError } from "../../lib/errors.ts";
import { nearest } from "../../lib/nearest.ts";
import { text } from "../../lib/shape.ts";
import { NAMES } from "./arch.ts";
import { lessonText, sayOf } from "./lesson_text.ts";
import type { Ids } from "./plays/ids.ts";
import type { Play } from "./plays/play.ts";
import type { Scenario } from "./scenario.ts";
import { TEXTS } from "./texts/arch.ts";

const { MARK, PARENT } = NAMES;

/** A scenario before it is loaded. */
export interface Entry {
  /** What it shows, in a line. */
  readonly summary: string;
  load(): Promise<Scenario>;
}

/** Why a scenario cannot be recorded on this machine's architecture; undefined if it can. */
export function refusalOf(name: string): string | undefined {
  return Object.hasOwn(TEXTS.REFUSED, name) ? TEXTS.REFUSED[name] : undefined;
}

/** A play with the texts of its page. */
function lessonOf<N extends keyof Ids>(name: N, { host, play, sandboxed }: Play<N>): Scenario {
  const say = sayOf(name);
  const { title = "", introduction = [] } = lessonText(name) ?? {};
  return {
    title,
    introduction,
    ...(host && { host }),
    play: (scene) => play(scene, say),
    ...(sandboxed && {
      sandboxed: {
        host: sandboxed.host,
        play: (scene, stage) => sandboxed.play(scene, say, stage),
      },
    }),
  };
}

/** Every scenario by name, in the order of the course. */
export const SCENARIOS: Readonly<Record<string, Entry>> = {
  host: {
    summary: "the birth of the first stub, forked from the host",
    load: async () => lessonOf("host", (await import("./plays/host.ts")).host),
  },
  grandchild: {
    summary: `the birth of another stub, cloned by an injected call, with ${PARENT} and ${MARK}`,
    load: async () => lessonOf("grandchild", (await import("./plays/grandchild.ts")).grandchild),
  },
  inject: {
    summary: "one system call, executed by a stub on behalf of the host",
    load: async () => lessonOf("inject", (await import("./plays/inject.ts")).inject),
  },
  scrub: {
    summary: "a stub unmaps everything that it inherited from the host, except one page",
    load: async () => lessonOf("scrub", (await import("./plays/scrub.ts")).scrub),
  },
  switch: {
    summary: "a guest runs in a stub, makes a system call, and faults",
    load: async () => lessonOf("switch", (await import("./plays/switch.ts")).switchLesson),
  },
  "parent-dies": {
    summary: "the parent dies before the stub has requested its death signal",
    load: async () => lessonOf("parent-dies", (await import("./plays/parent_dies.ts")).parentDies),
  },
  "thread-dies": {
    summary: "the thread that cloned a stub ends; its process lives on",
    load: async () => lessonOf("thread-dies", (await import("./plays/thread_dies.ts")).threadDies),
  },
  "early-attach": {
    summary: "a tracer attaches before the stub has stopped itself",
    load: async () =>
      lessonOf("early-attach", (await import("./plays/early_attach.ts")).earlyAttach),
  },
  "no-wuntraced": {
    summary: "a parent waits without WUNTRACED for a stub that stops itself",
    load: async () =>
      lessonOf("no-wuntraced", (await import("./plays/no_wuntraced.ts")).noWuntraced),
  },
  "blocked-signals": {
    summary: "a stub keeps the signal mask that it inherited",
    load: async () =>
      lessonOf("blocked-signals", (await import("./plays/blocked_signals.ts")).blockedSignals),
  },
  "no-setsid": {
    summary: "Ctrl-C is typed on the terminal of a host, and a stub is still in its session",
    load: async () => lessonOf("no-setsid", (await import("./plays/no_setsid.ts")).noSetsid),
  },
  "no-exitkill": {
    summary: "the tracer dies while a guest runs whose PDEATHSIG is cleared",
    load: async () => lessonOf("no-exitkill", (await import("./plays/no_exitkill.ts")).noExitkill),
  },
  exitkill: {
    summary: "the same with EXITKILL",
    load: async () => lessonOf("exitkill", (await import("./plays/exitkill.ts")).exitkill),
  },
  "stale-orig-rax": {
    summary: "a tracer writes RAX = -512 together with a stale orig_rax",
    load: async () =>
      lessonOf("stale-orig-rax", (await import("./plays/stale_orig_rax.ts")).staleOrigRax),
  },
  rseq: {
    summary: "a stub unmaps the rseq area that glibc has registered",
    load: async () => lessonOf("rseq", (await import("./plays/rseq.ts")).rseq),
  },
  cascade: {
    summary: "exit signal SIGKILL: a stub's death kills its parent, up to the host",
    load: async () => lessonOf("cascade", (await import("./plays/cascade.ts")).cascade),
  },
};

/** The scenarios in the parts of the course: docs/lessons/README.md. */
export const COURSE: readonly { readonly title: string; readonly scenarios: readonly string[] }[] =
  [
    {
      title: "How it works",
      scenarios: ["host", "grandchild", "inject", "scrub", "switch"],
    },
    {
      title: "What can go wrong at a birth, and why each of its steps is needed",
      scenarios: [
        "parent-dies",
        "thread-dies",
        "early-attach",
        "no-wuntraced",
        "blocked-signals",
        "no-setsid",
      ],
    },
    {
      title: "What can go wrong later",
      scenarios: ["no-exitkill", "exitkill", "stale-orig-rax", "rseq", "cascade"],
    },
  ];

/** The lesson after one that can be recorded here; undefined after the last, and after what is no lesson. */
export function lessonAfter(name: string): string | undefined {
  const lessons = COURSE.flatMap(({ scenarios }) => scenarios);
  const all = lessons.filter((each) => refusalOf(each) === undefined);
  return all.includes(name) ? all[all.indexOf(name) + 1] : undefined;
}

/** The scenario that is recorded by default. */
export const DEFAULT_SCENARIO = "host";

/** @throws InputError that names the nearest scenario; UnsupportedError if it does not exist on this architecture */
export function loadScenario(name: string): Promise<Scenario> {
  text(name, "scenario");
  const refusal = refusalOf(name);
  if (refusal !== undefined) {
    throw new UnsupportedError(`the scenario "${name}" cannot be recorded here: ${refusal}`);
  }
  const entry = Object.hasOwn(SCENARIOS, name) ? SCENARIOS[name] : undefined;
  if (entry !== undefined) return entry.load();
  const near = nearest(name, Object.keys(SCENARIOS));
  throw new InputError(
    `unknown scenario "${name}"${near === undefined ? "" : `; did you mean ${near}?`}`,
    { remedy: `scenarios: ${Object.keys(SCENARIOS).join(", ")}` },
  );
}
