import { NAMES } from "../arch.ts";

/** A system call that a stub has made. */
export interface MadeCall {
  readonly name: string;
  readonly result: bigint;
  /** As strace shows it, but an errno as "-EBADF". */
  readonly told: string;
  readonly step: number;
}

/** What became of a stub that was resumed. */
export interface End {
  readonly told: string;
  /** What it did that an answer must not do in any task. */
  readonly harm?: string | undefined;
}

/** An end, and the calls before it. */
export interface Run extends End {
  readonly calls: readonly MadeCall[];
}

/** What is expected of a stub most often: it met its INT3. */
export const RESTS = `rests ${NAMES.AT} its ${NAMES.TRAP}`;
/** It is not traced then. */
export const STOPPED = "has stopped itself";
