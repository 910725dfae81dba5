/**
 * The ways to execute an injected system call:
 *
 *     faithful  SETREGS, CONT, the INT3, GETREGS: gVisor's sequence, against which every other lane is measured
 *     ring      the stub executes calls from memory that it shares with the host, and stops once for many
 *     futex     the same without a stop: the stub sleeps until the host wakes it
 *     spin      the same on two processors: each looks for the other's progress before it sleeps
 */
export const INJECTION_LANES = ["faithful", "ring", "futex", "spin"] as const;
export type InjectionLane = (typeof INJECTION_LANES)[number];

/**
 * The ways to make a stub from a stub:
 *
 *     faithful  the clone runs the stub code and stops itself; its parent waits for that, and the tracer attaches
 *     traced    CLONE_PTRACE and CLONE_PARENT: it is traced when it begins, and a child of the host
 */
export const BIRTH_LANES = ["faithful", "traced"] as const;
export type BirthLane = (typeof BIRTH_LANES)[number];

/** How a tracer drives its stubs. */
export interface Lanes {
  /** Default: "faithful". */
  injections?: InjectionLane | undefined;
  /** Default: "faithful". */
  births?: BirthLane | undefined;
  /**
   * Whether the tracing thread and its stubs are bound to one processor while the tracer is open. Unbound, a call takes
   * several times as long. Default: true.
   */
  bind?: boolean | undefined;
}
