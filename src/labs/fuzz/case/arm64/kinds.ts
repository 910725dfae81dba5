/* What cases are on arm64: the stops at which they begin, the requests that write, and what each of these writes. */

import { MACHINES } from "../../../../core/machine/index.ts";
import { type Enumeration, indexIn } from "../layout.ts";

/**
 * The registers of a block in their order: struct user_pt_regs (NT_PRSTATUS), the number of the system call
 * (NT_ARM_SYSTEM_CALL, 32 bits), and TPIDR_EL0 (NT_ARM_TLS).
 */
export const REGISTERS = [...MACHINES.arm64.registers, "syscallno", "tls"];

/** No way writes debug registers. */
export const DEBUG_REGISTERS: readonly string[] = [];
export const [FIRST_DEBUG_REGISTER, END_OF_DEBUG_REGISTERS] = [0n, 0n];

/** The members of struct sigcontext before the records of floating point, a word each. */
export const FRAME_REGISTERS = ["fault_address", ...MACHINES.arm64.registers];

/** The index of a register in a block. @throws RangeError */
export const indexOf = indexIn(REGISTERS);

export const SIZES = {
  /** The most pairs in a setup: an offset and a word each. */
  MOST_PAIRS: Math.floor(REGISTERS.length / 2),
  /** Unused, as cases have no image; but a record has no empty array. */
  MOST_IMAGE_PAIRS: 1,
  /** Words of struct user_fpsimd_state. */
  FPREGS_WORDS: 66,
  /** Words before those of a setup, so that setups are whole cache lines. */
  PADDING: 6,
  /** No way writes them. */
  DEBUG_REGISTERS: 0,
};

export const FROM = {
  name: "from",
  prefix: "FROM",
  about: "The stop at which the registers are written.",
  values: [
    ["signal", "a stop by a signal that an instruction raised"],
    ["entry", "on the way into getpid"],
    ["exit", "on the way out of it"],
    ["sysemu", "on the way into it; it will not be executed"],
    ["group", "stopped by SIGSTOP"],
    ["last", "the stop at which the setup before it has left the stub: a further step of its case"],
  ],
} as const satisfies Enumeration;

/** The order matters: ways up to PRSTATUS have a block. */
export const WAY = {
  name: "way",
  prefix: "WAY",
  about: "The regset that PTRACE_SETREGSET writes, and the content of `words`.",
  values: [
    ["REGSETS", "a block: NT_PRSTATUS, NT_ARM_SYSTEM_CALL and NT_ARM_TLS, in this order"],
    ["PRSTATUS", "a block, of which the first `length` bytes are written as NT_PRSTATUS"],
    ["PRFPREG", "`count` pairs: offset in struct user_fpsimd_state, word; `length` bytes"],
    ["SYSTEM_CALL", "the first `length` bytes of the number of the call"],
    ["TLS", "the first `length` bytes of TPIDR_EL0 and TPIDR2_EL0"],
  ],
} as const satisfies Enumeration;

/** Bytes of struct user_pt_regs. */
export const BLOCK_SIZE = 8 * MACHINES.arm64.registers.length;

/** What a case has beside its kinds, by its way (`Content` in ../case.ts). */
export const CONTENTS = {
  REGSETS: { block: true },
  PRSTATUS: { block: true, length: BLOCK_SIZE },
  PRFPREG: { pairs: SIZES.MOST_PAIRS, length: 8 * SIZES.FPREGS_WORDS },
  SYSTEM_CALL: { words: 1, length: 4 },
  TLS: { words: 2, length: 8 },
} as const;
