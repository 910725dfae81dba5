// What lessons say of arm64: see amd64.ts.

export const STUB_CODE = {
  afterCall: "cmp, b.eq",
} as const;

export const REFUSED: Readonly<Record<string, string>> = {
  "stale-orig-rax":
    "arm64 has no orig_rax: its kernel decides about a restart before it stops a thread by a signal, and what a tracer writes " +
    "there starts none",
};
