/* What cases are on amd64: the stops at which they begin, the requests that write, and what each of these writes. */

import { MACHINES } from "../../../../core/machine/index.ts";
import { type Enumeration, indexIn } from "../layout.ts";

/** The registers of a block in their order: struct user_regs_struct. */
export const REGISTERS = MACHINES.amd64.registers;

/** The debug registers that exist, in the order in which they are read back. */
export const DEBUG_REGISTERS = ["dr0", "dr1", "dr2", "dr3", "dr6", "dr7"];

/** offsetof(struct user, u_debugreg), and its end. */
export const [FIRST_DEBUG_REGISTER, END_OF_DEBUG_REGISTERS] = [848n, 912n];

/** The members of struct sigcontext before the pointer to the floating point, a word each. */
export const FRAME_REGISTERS =
  "r8 r9 r10 r11 r12 r13 r14 r15 rdi rsi rbp rbx rdx rax rcx rsp rip eflags selectors err trapno oldmask cr2".split(
    " ",
  );

/** The index of a register in a block. @throws RangeError */
export const indexOf = indexIn(REGISTERS);

export const SIZES = {
  /** The most pairs in a setup: an offset and a word each. */
  MOST_PAIRS: Math.floor(REGISTERS.length / 2),
  /** The same in a damaged image of floating point. */
  MOST_IMAGE_PAIRS: 4,
  /** Words of struct ptrace_syscall_info. */
  SYSCALL_INFO_WORDS: 11,
  /** Words of struct ptrace_sud_config, and two registers. */
  DISPATCH_WORDS: 6,
  /** Words of struct user_fpregs_struct. */
  FPREGS_WORDS: 64,
  /** Words before those of a setup, so that setups are whole cache lines. */
  PADDING: 1,
  DEBUG_REGISTERS: DEBUG_REGISTERS.length,
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
    ["entry32", "on the way into getpid of 32-bit programs, by INT 0x80"],
    ["exit32", "on the way out of it"],
    ["step32", "the same, but by the signal of a single-step"],
    ["last", "the stop at which the setup before it has left the stub: a further step of its case"],
  ],
} as const satisfies Enumeration;

/** The order matters: ways up to SETREGSET have a block, the next ones up to XSTATE have pairs. */
export const WAY = {
  name: "way",
  prefix: "WAY",
  about: "The request that writes, and the content of `words`.",
  values: [
    ["SETREGS", "struct user_regs_struct"],
    ["SETREGSET", "its first `length` bytes"],
    [
      "POKEUSER",
      "`count` pairs: offset in struct user, word; if one is for a debug register, debug register 6 is that of a new program before",
    ],
    ["SETFPREGS", "`count` pairs: offset in struct user_fpregs_struct, word"],
    ["XSTATE", "`count` pairs: offset in the XSAVE area, word; `length` bytes"],
    ["SYSCALL_INFO", "the first `length` bytes of struct ptrace_syscall_info"],
    ["SIGMASK", "the first `length` bytes of a signal set"],
    [
      "SIGRETURN",
      "struct user_regs_struct; the stub itself takes the registers that a signal frame has (shim/fuzz/amd64/sigreturn.h)",
    ],
    [
      "DISPATCH",
      "the first `length` bytes of struct ptrace_sud_config; after it rip and rax, which are poked then",
    ],
  ],
} as const satisfies Enumeration;

/** Bytes of struct user_regs_struct. */
export const BLOCK_SIZE = 8 * REGISTERS.length;

/** What a case has beside its kinds, by its way (`Content` in ../case.ts). */
export const CONTENTS = {
  SETREGS: { block: true },
  SETREGSET: { block: true, length: BLOCK_SIZE },
  POKEUSER: { pairs: SIZES.MOST_PAIRS },
  SETFPREGS: { pairs: SIZES.MOST_PAIRS },
  XSTATE: { pairs: SIZES.MOST_PAIRS, length: null },
  SYSCALL_INFO: { words: SIZES.SYSCALL_INFO_WORDS, length: 8 * SIZES.SYSCALL_INFO_WORDS },
  SIGMASK: { words: 1, length: 8 },
  SIGRETURN: { block: true, frame: true, pairs: SIZES.MOST_IMAGE_PAIRS },
  DISPATCH: { words: SIZES.DISPATCH_WORDS, length: 32 },
} as const;
