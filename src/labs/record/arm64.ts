// What recordings know about arm64: see amd64.ts.

import { MACHINES } from "../../core/machine/index.ts";

export const { instructionPointer: INSTRUCTION_POINTER, parent: PARENT } = MACHINES.arm64;

type Words = Readonly<Record<string, bigint>>;

export const {
  number: NUMBER,
  arguments: ARGUMENTS,
  result: RESULT,
} = MACHINES.arm64.callRegisters;

/** The number of a call under way is not among the registers, but in a set of its own, NT_ARM_SYSTEM_CALL. */
export const ORIGINAL = undefined;

export const MARK = "x9";

export const FLAGS = "pstate";

export const FIRST_REGISTERS = [
  ...[INSTRUCTION_POINTER, NUMBER, ...ARGUMENTS, MARK, PARENT, FLAGS],
];

/** PSTATE.SS asks for a single step. The kernel sets it for PTRACE_SINGLESTEP, and shows it. */
const SINGLE_STEP = 1n << 21n;

export function withoutSteps({ [FLAGS]: pstate = 0n, ...others }: Words): Record<string, bigint> {
  return { ...others, [FLAGS]: pstate & ~SINGLE_STEP };
}

export const SYSTEM_CALL = "svc #0";
export const BREAKPOINT = "brk #0";
export const PLACES: Readonly<Record<string, string>> = {
  // The exit status of an orphan replaces the result before the jump.
  "cmp x0, x7": "checks-parent",
  "mov x9, #0": "unmark",
  "cbnz x0, fail": "fails",
  "neg x0, x0": "negates",
};
export const JUMP = /^(?:b|b\.\w+|cbn?z|tbn?z)\s/;

/** At a stop on the way out x7 would read 1 (report_syscall in arch/arm64/kernel/ptrace.c). */
export const LEAVE_CALL = "PTRACE_SINGLESTEP";

export const REGISTER_SET = { word: "0x1", told: "NT_PRSTATUS" } as const;

export const REFUSED: Readonly<Record<string, string>> = {
  "stale-orig-rax":
    "arm64 has no orig_rax: its kernel decides about a restart before it stops a thread by a signal, and what a tracer writes " +
    "there starts none",
};

export const SEGMENTS: readonly string[] = [];

export const FLAG_WORDS: readonly string[] = [FLAGS];
/** N, Z, C and V */
export const ARITHMETIC_FLAGS = 0xf000_0000n;

/** The bits of pstate that instructions set and test: user_pt_regs.pstate, as SPSR_EL1. */
export const FLAG_BITS = { Z: 30, N: 31, C: 29, V: 28 } as const;

/** Instructions that test the flags. */
const CONDITIONAL = /^(?:b\.|cs)/;

export function operandsOf(text: string, callArguments = 0): string[] {
  const [code = ""] = text.split("  #");
  if (code === SYSTEM_CALL) {
    return [...new Set([NUMBER, ...ARGUMENTS.slice(0, callArguments), RESULT])];
  }
  const named = [...code.matchAll(/\b(?:[xw](\d+)|sp)\b/g)].map(([name, number]) =>
    number === undefined ? name : `x${number}`,
  );
  return [...new Set(CONDITIONAL.test(code) ? [FLAGS, ...named] : named)];
}
