import type { StepKind } from "../recording.ts";

/** What stands for a step in its lane, and the words for it. */
export const KINDS: Readonly<Record<StepKind, { readonly mark: string; readonly what: string }>> = {
  instruction: { mark: "·", what: "an instruction" },
  syscall: { mark: "c", what: "a system call" },
  ptrace: { mark: "p", what: "a ptrace request" },
  signal: { mark: "!", what: "a signal" },
  stop: { mark: "#", what: "a stop" },
  clone: { mark: "+", what: "a birth" },
  exit: { mark: "x", what: "an end" },
  note: { mark: "i", what: "a remark" },
};
