// What `stublab check` is about: the precautions of a birth, what the outside may do, and the properties. The programs that
// they are parts of are in assembly/tasks/birth.ts.

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
] as const satisfies readonly Precaution[];

/** What the outside may do at any moment, in the order of the bits in assembly/tasks/check.ts. */
export const ACTS = [
  { name: "kill-host", text: "kill(host, SIGKILL)" },
  { name: "stop-stub", text: "kill(stub, SIGSTOP)" },
  { name: "continue-stub", text: "kill(stub, SIGCONT)" },
  { name: "kill-stub", text: "kill(stub, SIGKILL)" },
  { name: "terminal-stop", text: "^Z: SIGTSTP to the foreground group" },
  { name: "terminal-interrupt", text: "^C: SIGINT to the foreground group" },
] as const;

/** In the order of assembly/tasks/check.ts. */
export const PROPERTIES = [
  "no stub outlives the host",
  "nobody waits for ever",
  "the host holds a stub only at its self-stop",
  "no stub takes another process for its parent",
  "the host's life depends on the stub's if, and only if, its exit signal is SIGKILL",
  "if the outside does nothing, the birth succeeds",
  "a terminal's stop does not stop a stub",
] as const;

/** The tasks by their numbers in the model. */
export const TASKS = ["shell", "host", "stub"] as const;
