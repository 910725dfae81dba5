/*
 * The records of setups and their outcomes, which lie side by side in memory. The shim reads them (shim/setups.h), and
 * the module creates them (assembly/fuzz/setup.ts). test/fuzz_module.test.ts compares the three layouts.
 */

/** Where the stub is when its registers are written: enum stublab_from. */
export const FROMS = ["signal", "entry", "exit", "sysemu", "group"] as const;
export type From = (typeof FROMS)[number];

/** The request that writes the registers: enum stublab_way. With SIGRETURN the stub does it itself. */
export const WAYS = [
  "SETREGS",
  "SETREGSET",
  "POKEUSER",
  "SETFPREGS",
  "XSTATE",
  "SYSCALL_INFO",
  "SIGMASK",
  "SIGRETURN",
] as const;
export type Way = (typeof WAYS)[number];

/** The request that resumes: enum stublab_on. */
export const ONS = [
  "NONE",
  "CONT",
  "SYSCALL",
  "SINGLESTEP",
  "SYSEMU",
  "SYSEMU_SINGLESTEP",
] as const;
export type On = (typeof ONS)[number];

/** What is read besides the registers at the stop: enum stublab_wants. */
export const WANT_WRITTEN = 1;
export const WANT_INFO = 2;
export const WANT_FRAME = 4;

/** The registers of a block in their order: struct user_regs_struct. */
export const REGISTERS = (
  "r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss " +
  "fs_base gs_base ds es fs gs"
).split(" ");

/** The registers of struct sigcontext in their order. */
export const FRAME_REGISTERS =
  "r8 r9 r10 r11 r12 r13 r14 r15 rdi rsi rbp rbx rdx rax rcx rsp rip eflags selectors err trapno oldmask cr2".split(
    " ",
  );

/** The index of a register in a block. @throws RangeError */
export function indexOf(register: string): number {
  const index = REGISTERS.indexOf(register);
  if (index < 0) throw new RangeError(`unknown register "${register}"`);
  return index;
}

/** Bytes of a record. */
export const SETUP_SIZE = 256;
export const OUTCOME_SIZE = 656;

/** Setups side by side, as halves, as words and as bytes: three views of the same memory. */
export interface SetupViews {
  readonly setups: Uint32Array;
  readonly setupWords: BigUint64Array;
  readonly setupBytes: Uint8Array;
}

/** Offsets in a setup, in halves: struct stublab_setup. */
export const SETUP = {
  /** from, way, on and wants, a byte each from the lowest. */
  kinds: 0,
  length: 1,
  count: 2,
  signal: 3,
  /** For the signal frame of rt_sigreturn: uc_flags, and whether it has floating point. */
  ucFlags: 4,
  fpstate: 5,
  words: 10,
} as const;

/** Offsets in an outcome, in halves: struct stublab_outcome. */
export const OUTCOME = {
  error: 0,
  refusedAt: 1,
  resumed: 2,
  status: 3,
  signal: 4,
  code: 5,
  address: 6,
  written: 10,
  stopped: 64,
  frame: 118,
} as const;

/** The index of a case's first half in `setups`, and in `outcomes`. */
export const setupAt = (i: number): number => (i * SETUP_SIZE) / 4;
export const outcomeAt = (i: number): number => (i * OUTCOME_SIZE) / 4;
