// What lessons say of amd64 that is not only a name.

export const STUB_CODE = {
  /** The instructions after the SYSCALL for injected calls, up to the INT3. */
  afterCall: "cmp, je",
} as const;

/** The lessons that cannot be recorded, and why. */
export const REFUSED: Readonly<Record<string, string>> = {};
