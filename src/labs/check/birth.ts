// What `stublab check` is about: the precautions of births, calls and close, what the outside may do, and the properties. The
// programs that they are parts of are in assembly/tasks/birth.ts.

/** A step that may be left out. */
export interface Precaution {
  readonly name: string;
  /** What is done, and where. */
  readonly text: string;
}

/** In the order of the bits in assembly/tasks/birth.ts. */
export const PRECAUTIONS = [
  { name: "mask", text: "the host blocks its signals during the clone (fork.c)" },
  { name: "setsid", text: "the stub begins a session of its own (fork.c)" },
  { name: "prctl", text: "the stub asks for SIGKILL at its parent's death (stub.S)" },
  { name: "getppid", text: "the stub compares its parent with R15 (stub.S)" },
  { name: "stop", text: "the stub stops itself (stub.S)" },
  { name: "WUNTRACED", text: "the host waits for stops, too (birth.ts)" },
  { name: "EXITKILL", text: "the host's end kills what it traces (tracee.ts)" },
  {
    name: "rip",
    text: "the host resumes a stub that it finds elsewhere than at its self-stop (attach.ts)",
  },
  { name: "TRACEEXIT", text: "a stub stops before its end, for its tracer (tracing_thread.ts)" },
  {
    name: "block",
    text: "a stub with a harmful exit signal clones with blocked signals (birth.ts)",
  },
  {
    name: "await",
    text: "a stub waits for its child's self-stop before the host attaches (birth.ts)",
  },
  { name: "pass-over", text: "an injection resumes a stub at the stops of other signals (run.c)" },
  { name: "resume", text: "the host resumes a stub at its exit stop (tracee.ts)" },
  {
    name: "execve",
    text: "a stub with a harmful exit signal executes a program before its end (end.ts)",
  },
  { name: "reap", text: "a stub reaps the child that the host has reaped (end.ts)" },
] as const satisfies readonly Precaution[];

/** What the outside may do at any moment, in the order of the bits in assembly/tasks/check.ts. */
export const ACTS = [
  { name: "kill-host", text: "kill(host, SIGKILL)" },
  { name: "stop-stub", text: "kill(stub, SIGSTOP)" },
  { name: "continue-stub", text: "kill(stub, SIGCONT)" },
  { name: "kill-stub", text: "kill(stub, SIGKILL)" },
  { name: "terminal-stop", text: "^Z: SIGTSTP to the foreground group" },
  { name: "terminal-interrupt", text: "^C: SIGINT to the foreground group" },
  { name: "stop-grandchild", text: "kill(grandchild, SIGSTOP)" },
  { name: "continue-grandchild", text: "kill(grandchild, SIGCONT)" },
  { name: "kill-grandchild", text: "kill(grandchild, SIGKILL)" },
] as const;

/** In the order of assembly/tasks/check.ts. */
export const PROPERTIES = [
  "no stub outlives the host",
  "nobody waits for ever",
  "the host keeps a stub only at its self-stop, with its initial registers",
  "no stub takes another process for its parent",
  "a stub's death reaches its tracer, and kills its parent if, and only if, its exit signal is SIGKILL",
  "after close nothing is left, no zombie either",
  "if the outside does nothing, the birth succeeds",
  "a terminal's stop does not stop a stub",
] as const;

/** What the host's program may end with, in the order of assembly/tasks/birth.ts. */
export const ENDS = ["birth", "grandchild", "call", "close"] as const;

/** Mistakes of an encoder in the registers of a clone, in the order of the bits in assembly/tasks/birth.ts. */
export const MISTAKES = [
  { name: "parent", text: "R15 is not the pid of the stub that clones" },
  { name: "mark", text: "RBX is not 1" },
] as const;

/** The tasks by their numbers in the model. */
export const TASKS = ["shell", "host", "stub", "grandchild"] as const;
