// What lessons say of arm64: see amd64.ts.

export { STUB_CODE_REASONS } from "./stub_code_arm64.ts";

export const STUB_CODE = {
  // The exit status of an orphan replaces the result before the jump.
  checksParent: "cmp x0, x7",
  unmark: "mov x9, #0",
  isClone: "cmp x9, #1",
  afterCall: "cmp, b.eq",
} as const;

export const STUB_CODE_NAMES: Readonly<Record<string, string>> = {
  "cmp x0, x7": "checks-parent",
  "mov x9, #0": "unmark",
};

export const STEPS_CHANGE =
  "The host enters a system call with PTRACE_SYSCALL, and leaves it with PTRACE_SINGLESTEP: at a stop inside the call " +
  "the kernel hides x7, which reads 0 or 1 there. Left alone, a thread does not stop at its calls. Bit 21 of pstate, " +
  "which asks for single steps, is left out.";

export const CALL_CHANGES = "The SVC has changed no other register: x8 still has the number.";

export const WATCH =
  "Watch three registers. x8 holds the number of a system call. x0 holds its first argument before it, and its result " +
  "afterwards. x7 holds the pid that the parent must have. (x9 matters in the next lesson.)";

export const NUMBER_AFTERWARDS =
  "That is in x8, where a call leaves it. The kernel has put the result into x0.";

export function tellOriginal(): string {
  return "";
}

export const STACK_USE =
  "Only loads and stores with sp as their base use the stack. The stub code has none.";

export const EXCEPTION_STACK =
  "At an exception the kernel saves the registers on its own stack, not on the program's.";

export const BACK_TO_TRAP = "";

export const MISTAKEN: Readonly<Record<string, string>> = {
  "cbnz x0, fail":
    "This tests whether the prctl succeeded. But x0 is a pid. It is not 0, so the code treats it as an errno: the jump " +
    "goes to `fail`.",
  "neg x0, x0":
    "This makes a negative errno positive. It makes the pid negative: the argument of exit.",
};

export const SLEEP = {
  // There is no pause.
  call: "ppoll",
  told: "ppoll(NULL, 0, NULL, NULL)",
  interrupted:
    "The kernel has already prepared the restart of the ppoll: pc is at its SVC again, and x0 is its first argument.",
} as const;

export const GUEST = {
  guest_begin: [
    "The guest's first instruction. It is an ordinary program, and knows nothing about stubs. This is the address of its " +
      "notebook, where nothing is mapped.",
    "The number of getpid.",
    "The guest asks for its pid. With PTRACE_SYSEMU the kernel stops it at system call entry and does not execute the " +
      "call: the host answers instead of the kernel.",
  ],
  keep: ["The guest stores the result in its notebook."],
  leave: [
    "Status 0.",
    "The number of exit_group.",
    "The guest ends. The host handles this call as well.",
  ],
} as const;

export const FLOATING_POINT = "NT_PRFPREG and NT_ARM_TLS";

export const EMULATED = {
  ask: (number: bigint, pid: number) => ({
    text: `The guest calls getpid, number ${number}, and is stopped for the host. Its process has the pid ${pid}. What is in x0?`,
    right: {
      "0, as before the call":
        "PTRACE_SYSEMU stops the thread at system call entry, and skips the call. The kernel leaves x0 alone, and x8 has the " +
        "number. The guest gets what the host writes to x0.",
    },
    wrong: {
      [`${pid}, its pid`]:
        "That would be the result if the kernel executed the call. It never does: the host answers the guest's calls.",
      [`${number}, the number of getpid`]:
        "That is in x8. x0 is for the first argument, and for the result.",
    },
  }),
  observed:
    "The host leaves the stop at a call of the guest with PTRACE_SINGLESTEP, and reads the registers after that: the call was " +
    "skipped. A real switch does the same, and before the step it sets the number of the call to -1 " +
    "(NT_ARM_SYSTEM_CALL), so that the kernel restarts nothing.",
  found: (number: bigint) =>
    `x8 is ${number}, the number of getpid, and pc is after the SVC. The host saves all registers of the guest in its context.`,
  answered:
    "The host writes its answer to x0: 1. In its own system the guest is the first process.",
  result: { fact: "x0 after the call that it ended with: its argument, not executed", word: 0n },
} as const;

export const REFUSED: Readonly<Record<string, string>> = {
  "stale-orig-rax":
    "arm64 has no orig_rax: its kernel decides about a restart before it stops a thread by a signal, and what a tracer writes " +
    "there starts none",
};
