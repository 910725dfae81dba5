/* The stubs of a probe that tries cases, as /proc shows them. */

import { readFileSync } from "node:fs";
import type { Engine } from "../../src/labs/fuzz/engine.ts";
import { childrenOf, isAlive } from "./processes.ts";

/** Their pids; 0 for one that does not exist at the moment. */
export interface Stubs {
  /** The parent of those that are traced. */
  readonly parent: number;
  /** The stub that the next setup is tried in, by ptrace, and by rt_sigreturn, which is a child of the probe. */
  readonly traced: number;
  readonly returning: number;
  /** That in which none is tried. */
  readonly idle: number;
}

export function stubsOf({ pid }: Engine): Stubs {
  const find = (among: number, isTraced: boolean, isFiltered?: boolean) =>
    childrenOf(among).find((stub) => {
      if (!isAlive(stub)) return false;
      const status = readFileSync(`/proc/${stub}/status`, "utf8");
      const filtered = /^Seccomp:\t2$/m.test(status);
      const isAlike = isFiltered === undefined || filtered === isFiltered;
      return /^TracerPid:\t0$/m.test(status) !== isTraced && isAlike;
    }) ?? 0;
  const parent = find(pid, true);
  return {
    parent,
    traced: find(parent, true, true),
    returning: find(pid, false, true),
    idle: find(parent, true, false),
  };
}
