import { nearest } from "../encoder/names.ts";
import { InputError } from "../errors.ts";
import type { Scenario } from "./scenario.ts";

/** A scenario before it is loaded. */
interface Entry {
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
};

/** The one that is recorded where none is named. */
export const DEFAULT_SCENARIO = "host";

/** @throws InputError that names the nearest scenario. */
export function loadScenario(name: string): Promise<Scenario> {
  const entry = Object.hasOwn(SCENARIOS, name) ? SCENARIOS[name] : undefined;
  if (entry !== undefined) return entry.load();
  const near = nearest(name, Object.keys(SCENARIOS));
  throw new InputError(
    `there is no scenario "${name}"${near === undefined ? "" : `; did you mean ${near}?`}`,
    { remedy: `scenarios: ${Object.keys(SCENARIOS).join(", ")}` },
  );
}
