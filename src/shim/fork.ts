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
export type ChildStep = (typeof CHILD_STEPS)[number];
