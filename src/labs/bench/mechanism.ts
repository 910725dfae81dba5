import type { PlatformOptions } from "../../core/platform/platform.ts";
import type { Work } from "./work.ts";

/** Mechanisms that do the same work, and are compared with one of them. */
export interface Group {
  readonly name: string;
  /** What is done once for each figure. */
  readonly title: string;
  /** What a mechanism of the group costs most for, in a sentence. */
  readonly why: string;
  /** The mechanism that ratios are taken against, which may be of another group. */
  readonly against: string;
}

/** What the kernel does for one operation. */
export interface Cost {
  /** Stops of other processes that the measuring process waits for. */
  readonly stops: number;
  /** How often a sleeping task is woken. */
  readonly wakeups: number;
  /** The system calls and ptrace requests of the measuring process, in order. */
  readonly calls: readonly string[];
  /** Those of the other process, as far as they recur. */
  readonly others: readonly string[];
  /** How many operations share these. Default: 1. */
  readonly per?: number;
}

/** One way to drive another process, or a part of one. */
export interface Mechanism {
  readonly name: string;
  readonly group: string;
  readonly title: string;
  /** What stublab does, by which lanes; without it the C side does it. */
  readonly lane?: Lane;
  /** Whether it needs a second processor. */
  readonly apart?: true;
  /** The largest batch. Default: no limit. */
  readonly most?: number;
  /** How many milliseconds the kernel needs after a batch to free its resources. Default: 0. */
  readonly rest?: number;
  readonly cost?: Cost;
}

/** A benchmark of stublab. */
export interface Lane {
  readonly work: Work;
  /** For `Tracer` or `Platform.open`. */
  readonly options: PlatformOptions;
}
