// A register setup and its outcome, in the layout of the shim: struct stublab_setup and struct stublab_outcome
// (shim/setups.h). They are adjacent in this module's memory.

import { REGISTERS_SIZE } from "../amd64/registers";

export const FROM_SIGNAL: u32 = 0;
export const FROM_ENTRY: u32 = 1;
export const FROM_EXIT: u32 = 2;
export const FROM_SYSEMU: u32 = 3;
export const FROM_GROUP: u32 = 4;

/** The order of ways matters: those up to SETREGSET have a block, the next ones up to XSTATE have pairs. */
export const WAY_SETREGS: u32 = 0;
export const WAY_SETREGSET: u32 = 1;
export const WAY_POKEUSER: u32 = 2;
export const WAY_SETFPREGS: u32 = 3;
export const WAY_XSTATE: u32 = 4;
export const WAY_SYSCALL_INFO: u32 = 5;
export const WAY_SIGMASK: u32 = 6;
export const WAY_SIGRETURN: u32 = 7;

export const ON_NONE: u32 = 0;
export const ON_CONT: u32 = 1;
export const ON_SYSCALL: u32 = 2;
export const ON_SINGLESTEP: u32 = 3;
export const ON_SYSEMU: u32 = 4;
export const ON_SYSEMU_SINGLESTEP: u32 = 5;

export const WANT_WRITTEN: u32 = 1;
export const WANT_INFO: u32 = 2;
export const WANT_FRAME: u32 = 4;

/** The number of registers in a block, and the most pairs in a setup. */
export const REGISTERS: u32 = REGISTERS_SIZE / 8;
export const MOST_PAIRS: u32 = REGISTERS / 2;
/** The number of words in struct ptrace_syscall_info. */
export const SYSCALL_INFO_WORDS: u32 = 11;

@unmanaged
export class Setup {
  from: u8;
  way: u8;
  on: u8;
  wants: u8;
  length: u32;
  count: u32;
  signal: u32;
  ucFlags: u32;
  fpstate: u32;
  padding0: u64;
  padding1: u64;
  /** Address of the words. */
  get words(): usize {
    return changetype<usize>(this) + SETUP_words;
  }
}

/** Byte offsets of members, and sizes. */
export const SETUP_kinds: i32 = offsetof<Setup>("from");
export const SETUP_length: i32 = offsetof<Setup>("length");
export const SETUP_count: i32 = offsetof<Setup>("count");
export const SETUP_signal: i32 = offsetof<Setup>("signal");
export const SETUP_ucFlags: i32 = offsetof<Setup>("ucFlags");
export const SETUP_fpstate: i32 = offsetof<Setup>("fpstate");
export const SETUP_words: i32 = offsetof<Setup>();
export const SETUP_SIZE: i32 = SETUP_words + REGISTERS_SIZE;

@unmanaged
export class Outcome {
  error: u32;
  refusedAt: u32;
  resumed: u32;
  status: u32;
  signal: u32;
  code: u32;
  address: u64;
  padding: u64;
  /** Addresses of the registers after the write, at the stop, and in a signal frame. */
  get written(): usize {
    return changetype<usize>(this) + OUTCOME_written;
  }
  get stopped(): usize {
    return changetype<usize>(this) + OUTCOME_stopped;
  }
  get frame(): usize {
    return changetype<usize>(this) + OUTCOME_frame;
  }
}

export const OUTCOME_error: i32 = offsetof<Outcome>("error");
export const OUTCOME_refusedAt: i32 = offsetof<Outcome>("refusedAt");
export const OUTCOME_resumed: i32 = offsetof<Outcome>("resumed");
export const OUTCOME_status: i32 = offsetof<Outcome>("status");
export const OUTCOME_signal: i32 = offsetof<Outcome>("signal");
export const OUTCOME_code: i32 = offsetof<Outcome>("code");
export const OUTCOME_address: i32 = offsetof<Outcome>("address");
export const OUTCOME_written: i32 = offsetof<Outcome>();
export const OUTCOME_stopped: i32 = OUTCOME_written + REGISTERS_SIZE;
export const OUTCOME_frame: i32 = OUTCOME_stopped + REGISTERS_SIZE;
/** struct sigcontext without floating point has 23 words. */
export const OUTCOME_SIZE: i32 = OUTCOME_frame + 23 * 8;
