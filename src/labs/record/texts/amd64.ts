// What lessons say of amd64 that is not only a name.

export const STUB_CODE = {
  /** The instructions after the SYSCALL for injected calls, up to the INT3. */
  afterCall: "cmp, je",
} as const;

export const EXCEPTION_STACK =
  "The processor pushes the frame of an exception on the kernel's stack, not on the program's.";

/** Of a stub that continues where it rests. */
export const BACK_TO_TRAP = ", where a `jmp` leads back to it";

/** A call that sleeps until a signal is delivered. */
export const SLEEP = {
  call: "pause",
  told: "pause()",
  interrupted:
    "RAX is -514, ERESTARTNOHAND, an errno internal to the kernel: pause was interrupted.",
} as const;

/** The lessons that cannot be recorded, and why. */
export const REFUSED: Readonly<Record<string, string>> = {};
