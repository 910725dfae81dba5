/* The stubs of a probe that tries cases, as /proc shows them. */

import { readFileSync } from "node:fs";
import type { Engine } from "../../src/labs/fuzz/engine.ts";
import { childrenOf, isAlive } from "./processes.ts";

/** Their pids; 0 for one that does not exist at the moment. */
export interface Stubs {
  /** The parent of the others. */
  readonly parent: number;
  /** The stub that the next setup is tried in, by ptrace, and by rt_sigreturn. */
  readonly traced: number;
  readonly returning: number;
  /** That in which none is tried. */
  readonly idle: number;
}

export function stubsOf({ pid }: Engine): Stubs {
  const parent = childrenOf(pid).find(isAlive) ?? 0;
  const others = childrenOf(parent).filter(isAlive);
  const find = (isTraced: boolean, isFiltered: boolean) =>
    others.find((other) => {
      const status = readFileSync(`/proc/${other}/status`, "utf8");
      const filtered = /^Seccomp:\t2$/m.test(status);
      return /^TracerPid:\t0$/m.test(status) !== isTraced && filtered === isFiltered;
    }) ?? 0;
  return {
    parent,
    traced: find(true, true),
    returning: find(false, true),
    idle: find(true, false),
  };
}
