// What the verbs of an actor are given besides their subject: texts, and details of requests and waits.

import type { Said } from "./said.ts";

/** Details of a ptrace request. */
export interface RequestDetails {
  /** Options, or the signal to resume with. PTRACE_DETACH always leaves the thread stopped. */
  readonly data?: number | undefined;
  /** The same by name, in addition to `data`. */
  readonly names?: readonly string[];
  /** What the observer changed by it. */
  readonly observer?: Said | undefined;
}

/** A wait that need not report anything. */
export interface TryOptions {
  /** Of wait4. With WNOHANG it returns at once. */
  readonly options: number;
  /** When a timer interrupts it. Default: never, as it returns at once. */
  readonly milliseconds?: number;
  readonly observer?: Said;
}

/** What is said of a stop or an end: why it happens, and what the tracer's wait4 says. */
export interface StopTelling {
  readonly stop: Said;
  /** Default: that it reports this. */
  readonly wait?: Said | undefined;
}

/** What is said of an attach, and of the stop that comes first when the stub goes on. Default: docs/lessons/common.md. */
export type AttachTelling = {
  readonly [P in "request" | "stop" | "wait" | "options" | "registers" | "resumed"]?: Said;
};

/** The texts of a call: why the registers are written as they are, and what they hold afterwards. */
export interface CallTelling {
  readonly why: Said;
  readonly answer: Said;
  /** Why a signal stops the stub before the call is over, if one does. */
  readonly stop?: Said | undefined;
  /** What is said of the stop at the breakpoint, if it is not stepped. */
  readonly rest?: Said | undefined;
  /** Whether each instruction is a step; otherwise the stub runs to its breakpoint. */
  readonly stepped?: boolean | undefined;
  /** Why the stub executes the call, if it is stepped. */
  readonly executed?: Said | undefined;
  /** If it is stepped: called at once after the call, with its step and its result. */
  readonly returned?: ((step: number, result: bigint) => void) | undefined;
}
