// What lessons say of amd64 that is not only a name.

export { STUB_CODE_REASONS } from "./stub_code_amd64.ts";

/** The stub code, and texts of its listing: where it compares its parent, where it unmarks a clone, and tests for one. */
export const STUB_CODE = {
  checksParent: "jne leave",
  unmark: "xor %ebx, %ebx",
  isClone: "cmp $1, %rbx",
  /** The instructions after the SYSCALL for injected calls, up to the INT3. */
  afterCall: "cmp, je",
} as const;

/** The instructions of the stub code that lessons name. */
export const STUB_CODE_NAMES: Readonly<Record<string, string>> = {
  "jne leave": "checks-parent",
  "xor %ebx, %ebx": "unmark",
};

/** What single steps change. */
export const STEPS_CHANGE =
  "Each step ends with a trap, which enters the kernel, too: orig_rax is -1 after it. Left alone, a thread enters " +
  "the kernel by its system calls, which leave their number in orig_rax, and by its INT3 and interrupts, which leave -1.";

/** What a call changes besides the register of its result. */
export const CALL_CHANGES =
  "SYSCALL has put the address after it into RCX, and the flags into R11.";

/** The registers to watch in the lesson `host`. */
export const WATCH =
  "Watch two registers. RAX holds the number of a system call before it, and its result afterwards. R15 holds the " +
  "pid that the parent must have. (RBX matters in the next lesson.)";

/** What has become of the number of a call that has returned. */
export const NUMBER_AFTERWARDS =
  "RAX held the number when the SYSCALL began. The kernel has replaced it by the result.";

/** Of a frame: what its orig_rax says. */
export function tellOriginal(word: bigint): string {
  const isNone = word === 2n ** 64n - 1n;
  const told = isNone
    ? "orig_rax is -1: no call is under way"
    : "orig_rax is left over from the stub's last call";
  return ` ${told} (lesson "stale-orig-rax").`;
}

export const STACK_USE =
  "The processor uses the stack for push, pop, call and ret. The stub code has none of them.";

export const EXCEPTION_STACK =
  "The processor pushes the frame of an exception on the kernel's stack, not on the program's.";

/** Of a stub that continues where it rests. */
export const BACK_TO_TRAP = ", where a `jmp` leads back to it";

/** Why the instructions after the SYSCALL of the prctl do what they do with the result of another call, by their texts. */
export const MISTAKEN: Readonly<Record<string, string>> = {
  "test %rax, %rax": "This tests whether the prctl succeeded. But RAX is a pid.",
  "jnz fail": "It is not 0, so the code treats it as an errno: the jump goes to `fail`.",
  "neg %rax": "This makes a negative errno positive. It makes the pid negative.",
  "mov %eax, %edi": "The argument of exit: the negative pid.",
};

/** A call that sleeps until a signal is delivered. */
export const SLEEP = {
  call: "pause",
  told: "pause()",
  interrupted:
    "RAX is -514, ERESTARTNOHAND, an errno internal to the kernel: pause was interrupted.",
} as const;

/** Why each instruction of the guest of the lesson `switch` is there. */
export const GUEST = {
  guest_begin: [
    "The guest's first instruction. It is an ordinary program, and knows nothing about stubs.",
    "The guest asks for its pid. With PTRACE_SYSEMU the kernel stops it at system call entry and does not execute the " +
      "call: the host answers instead of the kernel.",
  ],
  keep: ["The guest stores the result at an address where nothing is mapped."],
  leave: [
    "Status 0.",
    "The number of exit_group.",
    "The guest ends. The host handles this call as well.",
  ],
} as const;

/** The sets of registers that a switch moves besides the general ones. */
export const FLOATING_POINT = "NT_X86_XSTATE";

/** A guest's call that is not executed: what the host finds, and what it does. */
export const EMULATED = {
  ask: (number: bigint, pid: number) => ({
    text: `The guest calls getpid, number ${number}, and is stopped for the host. Its process has the pid ${pid}. What is in RAX?`,
    right: {
      "-38, which is -ENOSYS":
        "PTRACE_SYSEMU stops the thread at system call entry, and skips the call. RAX holds -ENOSYS, and orig_rax the " +
        "number. The guest gets what the host writes to RAX.",
    },
    wrong: {
      [`${pid}, its pid`]:
        "That would be the result if the kernel executed the call. It never does: the host answers the guest's calls.",
      [`${number}, the number of getpid`]: "On entry the kernel moves the number to orig_rax.",
    },
  }),
  observed: undefined,
  found: (number: bigint) =>
    `orig_rax is ${number}, the number of getpid. The host saves all registers of the guest in its context.`,
  answered:
    "The host writes its answer to RAX: 1. In its own system the guest is the first process. orig_rax becomes -1: no " +
    "call is under way, and none must be restarted.",
  /** What its RAX is afterwards. */
  result: { fact: "the result of the call that it ended with: -ENOSYS, not executed", word: -38n },
} as const;

/** The lessons that cannot be recorded, and why. */
export const REFUSED: Readonly<Record<string, string>> = {};
