import { InputError } from "../errors.ts";
import { nearest } from "../nearest.ts";
import { text } from "../shape.ts";
import type { Scenario } from "./scenario.ts";

/** A scenario before it is loaded. */
export interface Entry {
  /** What it shows, in a line. */
  readonly summary: string;
  load(): Promise<Scenario>;
}

/** Every scenario by its name, in the order in which one would learn. */
export const SCENARIOS: Readonly<Record<string, Entry>> = {
  host: {
    summary: "the birth of the first stub, forked from the host",
    load: async () => (await import("./scenarios/host.ts")).host,
  },
  grandchild: {
    summary: "the birth of another, cloned by injection through R15 and RBX",
    load: async () => (await import("./scenarios/grandchild.ts")).grandchild,
  },
  inject: {
    summary: "one system call, executed by a stub in the host's name",
    load: async () => (await import("./scenarios/inject.ts")).inject,
  },
  scrub: {
    summary: "a stub unmaps all that it has from the host, but for one page",
    load: async () => (await import("./scenarios/scrub.ts")).scrub,
  },
  switch: {
    summary: "a guest runs in a stub: its system call and its fault",
    load: async () => (await import("./scenarios/switch.ts")).switchLesson,
  },
  "parent-dies": {
    summary: "a stub finds that its parent died too early to send it a signal",
    load: async () => (await import("./scenarios/parent_dies.ts")).parentDies,
  },
  "thread-dies": {
    summary: "the thread that cloned a stub ends, and the stub is killed; the process lives on",
    load: async () => (await import("./scenarios/thread_dies.ts")).threadDies,
  },
  "early-attach": {
    summary: "a tracer attaches before the stub has stopped itself",
    load: async () => (await import("./scenarios/early_attach.ts")).earlyAttach,
  },
  "no-wuntraced": {
    summary: "a parent waits without WUNTRACED, and never hears of the stop",
    load: async () => (await import("./scenarios/no_wuntraced.ts")).noWuntraced,
  },
  "blocked-signals": {
    summary: "a stub keeps the signal mask that it was born with",
    load: async () => (await import("./scenarios/blocked_signals.ts")).blockedSignals,
  },
  "no-setsid": {
    summary: "Ctrl-C on the terminal reaches a stub that stayed in the host's session",
    load: async () => (await import("./scenarios/no_setsid.ts")).noSetsid,
  },
  "no-exitkill": {
    summary: "the tracer dies, and a guest whose PDEATHSIG is cleared lives on",
    load: async () => (await import("./scenarios/no_exitkill.ts")).noExitkill,
  },
  exitkill: {
    summary: "the same with EXITKILL: the kernel kills it",
    load: async () => (await import("./scenarios/exitkill.ts")).exitkill,
  },
  "stale-orig-rax": {
    summary: "RAX is -512 beside an old orig_rax: the kernel goes back by two bytes",
    load: async () => (await import("./scenarios/amd64/stale_orig_rax.ts")).staleOrigRax,
  },
  rseq: {
    summary: "memory unmapped that glibc has promised to the kernel: SIGSEGV",
    load: async () => (await import("./scenarios/rseq.ts")).rseq,
  },
  cascade: {
    summary: "exit signal SIGKILL: a stub's death kills its parent, up to the host",
    load: async () => (await import("./scenarios/cascade.ts")).cascade,
  },
};

/** The scenarios as a course has them: docs/lessons/README.md. */
export const COURSE: readonly { readonly title: string; readonly scenarios: readonly string[] }[] =
  [
    {
      title: "How it is meant to be",
      scenarios: ["host", "grandchild", "inject", "scrub", "switch"],
    },
    {
      title: "What goes wrong at a birth, and why each step of it is there",
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
      title: "What goes wrong later",
      scenarios: ["no-exitkill", "exitkill", "stale-orig-rax", "rseq", "cascade"],
    },
  ];

/** The one that is recorded where none is named. */
export const DEFAULT_SCENARIO = "host";

/** @throws InputError that names the nearest scenario. */
export function loadScenario(name: string): Promise<Scenario> {
  text(name, "scenario");
  const entry = Object.hasOwn(SCENARIOS, name) ? SCENARIOS[name] : undefined;
  if (entry !== undefined) return entry.load();
  const near = nearest(name, Object.keys(SCENARIOS));
  throw new InputError(
    `there is no scenario "${name}"${near === undefined ? "" : `; did you mean ${near}?`}`,
    { remedy: `scenarios: ${Object.keys(SCENARIOS).join(", ")}` },
  );
}
