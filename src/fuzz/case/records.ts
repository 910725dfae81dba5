/*
 * What the fuzzer shares with the shim and its module: the records of a case, and the kinds of cases. This is their only
 * description: the C header build/amd64/records.h and the AssemblyScript file build/records.ts are written from it.
 */

import { REGISTERS as BLOCKS } from "../../encoder/arch.ts";
import { type Enumeration, layOut } from "../../shim/layout.ts";

/** The registers of a block in their order: struct user_regs_struct. */
export const REGISTERS = BLOCKS.amd64;

/** The members of struct sigcontext before the pointer to the floating point, a word each. */
export const FRAME_REGISTERS =
  "r8 r9 r10 r11 r12 r13 r14 r15 rdi rsi rbp rbx rdx rax rcx rsp rip eflags selectors err trapno oldmask cr2".split(
    " ",
  );

export const CONSTANTS = {
  /** Words of a register block, and of struct sigcontext without floating point. */
  REGISTERS: REGISTERS.length,
  SIGCONTEXT: FRAME_REGISTERS.length,
  /** The most pairs in a setup: an offset and a word each. */
  MOST_PAIRS: Math.floor(REGISTERS.length / 2),
  /** Words of struct ptrace_syscall_info. */
  SYSCALL_INFO_WORDS: 11,
  /** More bytes than any processor's XSAVE area has. */
  MOST_XSTATE: 16 << 10,
  /** The most setups that are handed over to a stub at once. */
  EXCHANGE_CAPACITY: 256,
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
    ["POKEUSER", "`count` pairs: offset in struct user, word"],
    ["SETFPREGS", "`count` pairs: offset in struct user_fpregs_struct, word"],
    ["XSTATE", "`count` pairs: offset in the XSAVE area, word; `length` bytes"],
    ["SYSCALL_INFO", "the first `length` bytes of struct ptrace_syscall_info"],
    ["SIGMASK", "the first `length` bytes of a signal set"],
    [
      "SIGRETURN",
      "struct user_regs_struct; the stub itself takes the registers that a signal frame has (sigreturn.h)",
    ],
  ],
} as const satisfies Enumeration;

export const ON = {
  name: "on",
  prefix: "ON",
  about: "The request that resumes.",
  values: [
    ["NONE", "no request: the setup is only written and read back"],
    ["CONT", "PTRACE_CONT"],
    ["SYSCALL", "PTRACE_SYSCALL"],
    ["SINGLESTEP", "PTRACE_SINGLESTEP"],
    ["SYSEMU", "PTRACE_SYSEMU"],
    ["SYSEMU_SINGLESTEP", "PTRACE_SYSEMU_SINGLESTEP"],
  ],
} as const satisfies Enumeration;

export const WANT = {
  name: "wants",
  prefix: "WANT",
  about: "What is read in addition to the registers at the stop.",
  bits: true,
  values: [
    ["WRITTEN", "the registers after the write, even if it succeeded"],
    ["INFO", "PTRACE_GETSIGINFO of the stop"],
    ["FRAME", "the registers in the signal frame on the stack"],
  ],
} as const satisfies Enumeration;

export const OVER = {
  name: "over",
  prefix: "OVER",
  about: "Why a batch ended early.",
  values: [
    ["NOT", "it did not"],
    ["ENDED", "the setup ended the thread, which must be resumed from its exit stop and reaped"],
    [
      "SPOILED",
      "the setup left something that no request can undo: the thread is at a stop, but another setup would start from another state",
    ],
    ["RUNS_ON", "the thread missed its deadline before or after the setup, and still runs"],
  ],
} as const satisfies Enumeration;

export const ENUMERATIONS: readonly Enumeration[] = [FROM, WAY, ON, WANT, OVER];

export const SETUP_RECORD = layOut("setup", "One setup.", {
  from: { type: "u8", about: "enum stublab_from" },
  way: { type: "u8", about: "enum stublab_way" },
  on: { type: "u8", about: "enum stublab_on" },
  wants: { type: "u8", about: "enum stublab_wants" },
  length: { type: "u32" },
  count: { type: "u32" },
  signal: { type: "u32", about: "to resume with" },
  ucFlags: { type: "u32", about: "rt_sigreturn: of the frame" },
  fpstate: {
    type: "u32",
    about: "rt_sigreturn: 0: the frame has no floating point; 1: that of the last stop",
  },
  padding: { type: "u64", count: 2 },
  words: { type: "u64", count: CONSTANTS.REGISTERS, about: "see enum stublab_way" },
});

export const OUTCOME_RECORD = layOut(
  "outcome",
  "The outcome of a setup. Members after a failed step stay unchanged.",
  {
    error: { type: "i32", about: "errno of the write; 0: it succeeded" },
    refusedAt: { type: "i32", about: "index of the pair at which POKEUSER failed; else -1" },
    resumed: { type: "i32", about: "errno of the resume; 0: it succeeded; -1: not tried" },
    status: { type: "i32", about: "status word of the stop or end; 0: none in time" },
    signal: { type: "i32", about: "si_signo; 0: no siginfo" },
    code: { type: "i32", about: "si_code" },
    address: { type: "u64", about: "si_addr" },
    padding: { type: "u64" },
    written: {
      type: "u64",
      count: CONSTANTS.REGISTERS,
      about: "registers after the write; for ways that write others, the written words or the mask",
    },
    stopped: { type: "u64", count: CONSTANTS.REGISTERS, about: "registers at the stop" },
    frame: {
      type: "u64",
      count: CONSTANTS.SIGCONTEXT,
      about: "struct sigcontext without floating point; zeros if there is no frame",
    },
  },
);

export const TRIAL_RECORD = layOut("trial", "The parameters of a batch.", {
  timeout: { type: "i64", about: "microseconds for each stop" },
  xstateLength: { type: "u32", about: "bytes of the XSAVE area" },
  over: { type: "u32", about: "result: enum stublab_over" },
  call: { type: "u64", about: "address of a system call instruction before a breakpoint" },
  rest: {
    type: "u64",
    count: CONSTANTS.REGISTERS,
    about: "registers between two setups: at a breakpoint",
  },
  fpregs: { type: "u64", count: 64, about: "floating point between two setups" },
  xstate: { type: "u8", count: CONSTANTS.MOST_XSTATE },
});

export const EXCHANGE_RECORD = layOut(
  "exchange",
  "Shared by the host and a stub that tries setups by rt_sigreturn; in the stub it follows the page of the loop's code (sigreturn.S). Only the side whose turn it is accesses it.",
  {
    turn: { type: "u32", about: "futex; 0: the host's, 1: the stub's" },
    next: { type: "u32", about: "index of the current setup, or of the next one" },
    count: { type: "u32", about: "number of setups" },
    bases: {
      type: "u32",
      about: "whether the bases of FS and GS can be read without a system call",
    },
    ds: { type: "u32", about: "selectors that each setup starts with" },
    es: { type: "u32" },
    padding: { type: "u32", count: 10 },
    setups: { type: SETUP_RECORD, count: CONSTANTS.EXCHANGE_CAPACITY },
    outcomes: { type: OUTCOME_RECORD, count: CONSTANTS.EXCHANGE_CAPACITY },
  },
);

export const RECORDS = [SETUP_RECORD, OUTCOME_RECORD, TRIAL_RECORD, EXCHANGE_RECORD];
/** Those that the module works on. */
export const MODULE_RECORDS = [SETUP_RECORD, OUTCOME_RECORD];
