import { NAMES } from "../arch.ts";

/** The most instructions that a stub executes in a row. */
export const MOST_INSTRUCTIONS = 150;

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
  readonly kind: "rest" | "stopped" | "ended" | "call" | "fault" | "blocked" | "endless";
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

/** What a call without a name is called, before its number. */
export const NO_CALL = "system call";

/** How a stub ends that makes a call which the filter refuses. */
export const REFUSED = "killed by SIGSYS";

/** The end of a process. @param call in which it ended */
export function endedBy(how: string, call = "a call"): End {
  const refused = call.startsWith(NO_CALL)
    ? `${NAMES.NUMBER} is the number of a call at the ${NAMES.CALL}, and ${call} is unknown`
    : `answers must not call ${call} like this: it could reach files or processes of others`;
  return { kind: "ended", told: how, harm: how === REFUSED ? refused : undefined };
}
