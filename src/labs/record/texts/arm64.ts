// What lessons say of arm64: see amd64.ts.

export const STUB_CODE = {
  afterCall: "cmp, b.eq",
} as const;

export const EXCEPTION_STACK =
  "At an exception the kernel saves the registers on its own stack, not on the program's.";

export const BACK_TO_TRAP = "";

export const SLEEP = {
  // There is no pause.
  call: "ppoll",
  told: "ppoll(NULL, 0, NULL, NULL)",
  interrupted:
    "The kernel has already prepared the restart of the ppoll: pc is at its SVC again, and x0 is its first argument.",
} as const;

export const REFUSED: Readonly<Record<string, string>> = {
  "stale-orig-rax":
    "arm64 has no orig_rax: its kernel decides about a restart before it stops a thread by a signal, and what a tracer writes " +
    "there starts none",
};
