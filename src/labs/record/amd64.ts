// What recordings know about amd64.

import { MACHINES } from "../../core/machine/index.ts";

export const { instructionPointer: INSTRUCTION_POINTER, parent: PARENT } = MACHINES.amd64;

type Words = Readonly<Record<string, bigint>>;

export const {
  number: NUMBER,
  arguments: ARGUMENTS,
  result: RESULT,
} = MACHINES.amd64.callRegisters;

/** The register that is 1 in a new clone. */
export const MARK = "rbx";

/** The register with the number of the call under way; -1 if no call is. */
export const ORIGINAL = "orig_rax";

/** The registers that matter most in the life of a stub, in the order in which they are shown. */
export const FIRST_REGISTERS = [
  ...["rip", "rax", ...ARGUMENTS, "rbx", "r15", "orig_rax"],
  // These often mean something, too.
  ...["eflags", "rcx"],
];

/** The registers without what a tracer's single steps leave in them. */
export function withoutSteps(registers: Words): Record<string, bigint> {
  return { ...registers };
}

/** The texts of special instructions. */
export const SYSTEM_CALL = "syscall";
export const BREAKPOINT = "int3";
/** Instructions of the stub code that lessons name. */
export const PLACES: Readonly<Record<string, string>> = {
  "jne leave": "checks-parent",
  "xor %ebx, %ebx": "unmark",
  "test %rax, %rax": "checks-result",
  "jnz fail": "fails",
  "neg %rax": "negates",
  "mov %eax, %edi": "status",
};
/** All jumps, conditional ones included. */
export const JUMP = /^j/;

/** How a thread leaves a system call, so that it stops after it with registers that can be read. */
export const LEAVE_CALL = "PTRACE_SYSCALL";

/** The address of PTRACE_GETREGS and PTRACE_SETREGS is unused. */
export const REGISTER_SET = 0n;

/** The lessons that cannot be recorded, and why. */
export const REFUSED: Readonly<Record<string, string>> = {};

/** Registers that hardly ever change, and are folded away. */
export const SEGMENTS = ["cs", "ss", "ds", "es", "fs", "gs", "fs_base", "gs_base"];

/** The register of the flags, and the others that a system call copies it to. */
export const FLAG_WORDS: readonly string[] = ["eflags", "r11"];
/** CF, PF, AF, SF and OF: after a comparison they depend on the values of pids. */
export const ARITHMETIC_FLAGS = 0x895n;

/** The register of the flags, and the bits that instructions set and test: SDM 1, 3.4.3. Most jumps test the first. */
export const FLAGS = "eflags";
export const FLAG_BITS = { ZF: 6, CF: 0, PF: 2, SF: 7, TF: 8, DF: 10, OF: 11 } as const;

/** Instructions that test the flags. */
const CONDITIONAL = /^(?:j(?!mp)[a-z]+|set[a-z]+|cmov[a-z]+)\b/;

/**
 * The registers that an instruction names, or uses without naming them, by its text: "cmp %r15, %rax".
 *
 * @param callArguments how many arguments the system call has, if it is one
 */
export function operandsOf(text: string, callArguments = 0): string[] {
  const [code = ""] = text.split("#");
  if (code.trim() === SYSTEM_CALL) {
    // It writes RCX and R11, too.
    return [NUMBER, ...ARGUMENTS.slice(0, callArguments), "rcx", "r11"];
  }
  const named = [...code.matchAll(/%([a-z][a-z0-9]*)/g)].map(([, name = ""]) =>
    wholeRegister(name),
  );
  return [...new Set(CONDITIONAL.test(code.trim()) ? [FLAGS, ...named] : named)];
}

/** The register of 64 bits that a name of a part of it belongs to: rax for eax, ax, al. */
function wholeRegister(name: string): string {
  const [, old] = /^[re]?([abcd])[xlh]$/.exec(name) ?? [];
  if (old !== undefined) return `r${old}x`;
  const [, pointer] = /^[re]?(si|di|bp|sp|ip)l?$/.exec(name) ?? [];
  if (pointer !== undefined) return `r${pointer}`;
  return name.replace(/^(r\d+)[dwb]$/, "$1");
}
