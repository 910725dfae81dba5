/** The steps of a forked child in the order of enum stublab_child_step: bit i is step i. */
export const CHILD_STEPS = [
  "setsid",
  "dispositions",
  "rseq",
  "unmask",
  "seccomp",
  "parent",
  "stub",
] as const;

/** enum stublab_fork_option */
export const FORK_TRACED = 1;
export const FORK_GROUP = 2;

export type ChildStep = (typeof CHILD_STEPS)[number];
