import { hex } from "../../../lib/errors.ts";
import { NAMES } from "../arch.ts";

/** The most instructions that a stub executes in a row. */
export const MOST_INSTRUCTIONS = 150;

/** How a stub ends that makes a call which the filter refuses. */
export const REFUSED = "killed by SIGSYS";

/** What a call without a name is called, before its number. */
export const NO_CALL = "system call";

/** The calls that answers may make with some arguments. */
const LIMITED = ["clone", "prctl", "mmap", "mprotect", "kill", "tgkill"];

/** A system call that a stub has made. */
export interface MadeCall {
  readonly name: string;
  readonly result: bigint;
  /** As strace shows it, but an errno as "-EBADF". */
  readonly told: string;
  readonly step: number;
}

/** What became of a stub that was resumed. */
export type End =
  /** It met the INT3. */
  | { readonly kind: "rest" }
  /** It has stopped itself, and is not traced. */
  | { readonly kind: "stopped" }
  /** It has ended: in the system call of that name, if it was one. */
  | { readonly kind: "ended"; readonly how: string; readonly call: string | undefined }
  /** It is a guest, and stopped at a system call. */
  | { readonly kind: "call"; readonly call: string }
  | { readonly kind: "fault"; readonly signal: string; readonly address: bigint }
  /** A system call does not return. */
  | { readonly kind: "blocked"; readonly call: string | undefined }
  | { readonly kind: "endless" };

/** An end, and the calls before it. */
export type Run = End & { readonly calls: readonly MadeCall[] };

/** An end in words. */
export function tellRun(run: End): string {
  switch (run.kind) {
    case "rest":
      return `rests ${NAMES.AT} its ${NAMES.TRAP}`;
    case "stopped":
      return "has stopped itself";
    case "ended":
      return run.how;
    case "call":
      return `stopped at ${run.call}`;
    case "fault":
      return `raised ${run.signal} at ${hex(run.address)}`;
    case "blocked":
      return `does not return from ${run.call ?? "an instruction"}`;
    case "endless":
      return `is still running after ${MOST_INSTRUCTIONS} instructions`;
  }
}

/** What an answer must not do in any task; undefined if it does nothing like that. */
export function whyHarmful(run: End): string | undefined {
  switch (run.kind) {
    case "ended":
      return run.how === REFUSED ? whyRefused(run.call ?? "a call") : undefined;
    case "blocked":
      return "it waits for something that does not happen";
    case "endless":
      return "it executes instructions without end";
    default:
      return undefined;
  }
}

function whyRefused(call: string): string {
  if (call.startsWith(NO_CALL))
    return `${NAMES.NUMBER} is the number of a call at the ${NAMES.CALL}, and ${call} is unknown`;
  if (LIMITED.includes(call)) return `answers must not call ${call} with these arguments`;
  return `answers must not call ${call}: it could reach files or processes of others`;
}

/** What is expected of a stub most often. */
export const RESTS = tellRun({ kind: "rest" });
