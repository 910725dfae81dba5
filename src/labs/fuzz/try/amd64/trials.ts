/* What shows that a kernel or a processor has a feature: calls, requests and code that a stub executes. */

import { constants } from "node:os";
import { PAGE_SIZE } from "../../../../core/shim/auxiliary_vector.ts";
import type { Feature } from "./features.ts";
import { MXCSR } from "./xstate.ts";

const { EBADF, EINVAL, ENXIO, EPROTO } = constants.errno;
const { SIGBUS, SIGSEGV, SIGTRAP } = constants.signals;
const SEGV_MAPERR = 1;
// Newer than the encoders' names: asm/unistd_64.h
const SYS_UPROBE = 336;
const SYS_URETPROBE = 335;
export const UNSEEN_CALLS = [SYS_URETPROBE, SYS_UPROBE];
const PTRACE_SET_SYSCALL_INFO = 0x4212;
const [ICEBP, INT3, SYSCALL, DIV_EDI] = [[0xf1], 0xcc, [0x0f, 0x05], [0xf7, 0xf7]];
const [NOP, PUSH, STORE, MOV_DS, MOV_SS] = [0x90, 0x50, [0x89, 0x07], [0x8e, 0xd8], [0x8e, 0xd0]];
const [REX_W, XRSTOR, POP_ES] = [0x48, [0x0f, 0xae, 0x2f], 0x07];
const INT80 = [0xcd, 0x80];
const ERESTARTNOINTR = 513n;
const ERESTART_RESTARTBLOCK = 516n;
/** restart_syscall, and the bit of calls of x32: __X32_SYSCALL_BIT. */
const [RESTART_SYSCALL, X32] = [219n, 1n << 30n];
/** The first address of the kernel's half with four levels of page tables, which is canonical with five, too. */
const KERNEL_HALF = 0xffff_8000_0000_0000n;
const NULL_SELECTOR = 3n;
/** CF, PF, AF, ZF, SF, OF and bit 1; what a DIV leaves of them. */
const [STATUS_FLAGS, FLAGS_AFTER_DIV] = [0x8d5n, 0x811n];
/** PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG, Linux 6.4; Linux 6.16 added the mode 2, PR_SYS_DISPATCH_INCLUSIVE_ON. */
const PTRACE_SET_DISPATCH = 0x4210;
/** The end of the lower half of addresses. */
const HALF = 1n << 63n;

/** What shows that a kernel has a feature. The probe makes the same trials (src/labs/fuzz/probe/source.ts). */
export type Trial =
  /** A call fails with an errno, or stops the stub elsewhere than at its INT3. */
  | { readonly call: bigint; readonly errno: number | "stops" }
  /** A request with these words, and with their length as its address, has a result. */
  | { readonly request: number; readonly words: readonly bigint[]; readonly result: number }
  /**
   * After code was executed from one of its bytes on, at PLACE, these bits of a register, or the signal or its si_code,
   * are seen. If it leaves a call, the code is a SYSCALL, and the words are written at its exit.
   */
  | {
      readonly code: readonly number[];
      /** Where on its page it is. */
      readonly offset?: number;
      readonly start?: number;
      readonly leavesCall?: true;
      /** A hardware breakpoint for execution is at this byte. */
      readonly breakpoint?: number;
      /**
       * The trial is for machines that have, or with "!" lack, a feature of the processor; or for kernels that take cs of
       * 32-bit code. gVisor does not, and its platform ptrace crashes if a program gets there by itself.
       */
      readonly where?: "la57" | "!la57" | "cs32";
      readonly words: Readonly<Record<string, bigint>>;
      readonly sees: { readonly register: string; readonly bits?: bigint; readonly word: bigint };
    }
  /** SETFPREGS with a word in place of the one at an offset has a result. */
  | { readonly fpregs: number; readonly word: bigint; readonly result: number };

export const [ALL_BITS, LOW_HALF] = [(1n << 64n) - 1n, (1n << 32n) - 1n];

/**
 * Where the code of a trial is: 32-bit code must be below 4 GB, and the pages beside it not be mapped. A stub that still has
 * its host's memory has programs from 2 or 4 MB on, and a heap anywhere above them.
 */
export const PLACE = 0x18_0000n;
/** What a code's outcome shows beside registers. */
export const [SIGNAL, SI_CODE] = ["signal", "si_code"];

export const CS_32 = 0x23n;
const [DATA, ALIGNMENT_CHECK] = [0x2bn, 0x4_0202n];
/** The last address that a store of 4 bytes in 32-bit code may not have, and one of 8 bytes below a limit. */
const ACROSS_4_GB = 0xffff_fffdn;
const across = (limit: bigint) => limit - 7n;

/** An IRETQ in user mode, to 32-bit code with this stack; the code after its frame, unless rip is given. */
const IRETQ_FRAME = 8;
function iretTo32(rsp: bigint, code: readonly number[], rip = PLACE + 48n): readonly number[] {
  const frame = BigUint64Array.of(rip, CS_32, 0x202n, rsp, DATA);
  const iretq = Uint8Array.of(REX_W, 0xcf, INT3, INT3, INT3, INT3, INT3, INT3);
  return [...iretq, ...new Uint8Array(frame.buffer), ...code, INT3];
}

/** XRSTOR of an area whose header, in the zeros of this page, has no component. */
const HEADER_OFFSET = 512n;

/** Those that are tried, nearly all of the kernel: distributions backport, so a version says nothing. */
export const OF_KERNEL: readonly (readonly [Feature, Trial])[] = [
  // 32-bit programs have close as number 6, and lstat is number 6 of the others.
  [
    "ia32",
    {
      code: [...INT80, INT3],
      words: { rax: 6n, rbx: LOW_HALF, rdi: 0n },
      sees: { register: "rax", bits: LOW_HALF, word: BigInt.asUintN(32, BigInt(-EBADF)) },
    },
  ],
  // Outside of a probe it sends SIGILL.
  ["uretprobe", { call: BigInt(SYS_URETPROBE), errno: "stops" }],
  // A length of 0 is too short for the request; a kernel without it answers EIO.
  ["set_syscall_info", { request: PTRACE_SET_SYSCALL_INFO, words: [], result: -EINVAL }],
  // Outside of a probe it answers ENXIO.
  ["uprobe", { call: BigInt(SYS_UPROBE), errno: ENXIO }],
  // The same from Linux 7.2 on.
  ["uprobe_eproto", { call: BigInt(SYS_UPROBE), errno: EPROTO }],
  // Some hypervisors pass its exception on as a fault, with rip at it.
  ["icebp_trap", { code: ICEBP, words: {}, sees: { register: "rip", word: PLACE + 1n } }],
  // Which flags a DIV leaves, the manual does not say.
  [
    "div_flags",
    {
      code: [...DIV_EDI, INT3],
      words: { rax: 6n, rdx: 0n, rdi: 2n, eflags: STATUS_FLAGS & ~0x10n },
      sees: { register: "eflags", bits: STATUS_FLAGS, word: FLAGS_AFTER_DIV },
    },
  ],
  // IRET to 32-bit code with rip above 4 GB: cut to 32 bits, or refused.
  [
    "iret_cuts_rip",
    {
      ...{ where: "cs32", code: iretTo32(0n, [], 1n << 34n) },
      words: { rsp: PLACE + BigInt(IRETQ_FRAME) },
      sees: { register: "cs", word: CS_32 },
    },
  ],
  // A 32-bit push at esp = 1, across 0: a page fault, or #SS.
  [
    "stack_wraps",
    {
      ...{ where: "cs32", code: iretTo32(1n, [PUSH]) },
      words: { rsp: PLACE + BigInt(IRETQ_FRAME) },
      sees: { register: SIGNAL, word: BigInt(SIGSEGV) },
    },
  ],
  // A 32-bit store across 4 GB: a page fault, or #GP.
  [
    "data_wraps",
    {
      ...{ where: "cs32", code: iretTo32(0n, [...MOV_DS, ...STORE]) },
      words: { rsp: PLACE + BigInt(IRETQ_FRAME), rax: DATA, rdi: ACROSS_4_GB },
      sees: { register: SI_CODE, word: BigInt(SEGV_MAPERR) },
    },
  ],
  // A 32-bit POP ES at the last two bytes of a page: they are a null selector, or a page fault.
  [
    "pop_reads_selector",
    {
      ...{ where: "cs32", code: iretTo32(PLACE + BigInt(PAGE_SIZE) - 2n, [POP_ES]) },
      words: { rsp: PLACE + BigInt(IRETQ_FRAME) },
      sees: { register: SIGNAL, word: BigInt(SIGTRAP) },
    },
  ],
  // A misaligned store, with AC, that ends beyond user addresses: #AC, or #GP.
  ...(
    [
      ["!la57", 1n << 47n],
      ["la57", 1n << 56n],
    ] as const
  ).map(([where, limit]): readonly [Feature, Trial] => [
    "alignment_first",
    {
      ...{ where, code: [REX_W, ...STORE, INT3] },
      words: { rdi: across(limit), eflags: ALIGNMENT_CHECK },
      sees: { register: SIGNAL, word: BigInt(SIGBUS) },
    },
  ]),
  // Whether a breakpoint is reported on the instruction after MOV SS.
  [
    "movss_breakpoint",
    {
      ...{ code: [...MOV_SS, NOP, INT3], breakpoint: 2, words: { rax: DATA } },
      sees: { register: "rip", word: PLACE + 2n },
    },
  ],
  // XRSTOR reads what it is asked for, even if the header has no component: AVX, after the page; x87, before it.
  [
    "xrstor_reads_all",
    {
      code: [REX_W, ...XRSTOR, INT3],
      words: { rax: 7n, rdx: 0n, rdi: PLACE + BigInt(PAGE_SIZE) - 576n },
      sees: { register: SIGNAL, word: BigInt(SIGSEGV) },
    },
  ],
  [
    "xrstor_reads_legacy",
    {
      code: [...new Uint8Array(64), REX_W, ...XRSTOR, INT3],
      start: 64,
      words: { rax: 1n, rdx: 0n, rdi: PLACE - HEADER_OFFSET },
      sees: { register: SIGNAL, word: BigInt(SIGSEGV) },
    },
  ],
  [
    "xrstor_reads_unasked",
    {
      code: [...new Uint8Array(64), REX_W, ...XRSTOR, INT3],
      start: 64,
      words: { rax: 0n, rdx: 0n, rdi: PLACE - HEADER_OFFSET },
      sees: { register: SIGNAL, word: BigInt(SIGSEGV) },
    },
  ],
  // The header of a compacted area, with AVX after the page, ends it.
  [
    "xrstor_reads_compacted",
    {
      code: [
        REX_W,
        ...XRSTOR,
        INT3,
        ...new Uint8Array(11 + 8),
        7,
        0,
        0,
        0,
        0,
        0,
        0,
        0x80,
        ...new Uint8Array(48),
      ],
      offset: PAGE_SIZE - 80,
      words: { rax: 7n, rdx: 0n, rdi: PLACE + BigInt(PAGE_SIZE) - 576n },
      sees: { register: SIGNAL, word: BigInt(SIGSEGV) },
    },
  ],
  // Before Linux 5.14 only a call with a number from 0 on was restarted.
  [
    "negative_restart",
    {
      code: [INT3, INT3, INT3],
      start: 2,
      words: { rax: -ERESTARTNOINTR, orig_rax: -2n },
      sees: { register: "rip", word: PLACE + 1n },
    },
  ],
  // Before Linux 5.14 reserved bits of mxcsr were ignored.
  ["mxcsr_check", { fpregs: MXCSR, word: ALL_BITS, result: -EINVAL }],
  // Before Linux 6.7 SYSRET returned to any canonical address; it keeps a null selector, which IRET clears.
  [
    "sysret_limit",
    {
      code: SYSCALL,
      leavesCall: true,
      words: { rip: KERNEL_HALF, rcx: KERNEL_HALF, ds: NULL_SELECTOR },
      sees: { register: "ds", word: 0n },
    },
  ],
  ["sud", { request: PTRACE_SET_DISPATCH, words: [0n, 0n, 0n, 0n], result: 0 }],
  ["sud_inclusive", { request: PTRACE_SET_DISPATCH, words: [2n, 0n, 0n, 1n], result: 0 }],
  // Whether access_ok accepts addresses with the tags of LAM, and, before Linux 6.12, all with bit 63 clear.
  ["sud_tagged", { request: PTRACE_SET_DISPATCH, words: [1n, HALF - 4096n, 0n, 0n], result: 0 }],
  ["sud_half", { request: PTRACE_SET_DISPATCH, words: [1n, HALF - 1n, 0n, 0n], result: 0 }],
  // CONFIG_X86_X32_ABI: a restart keeps the bit, even where programs for x32 are disabled.
  [
    "x32",
    {
      code: [INT3, INT3, INT3],
      start: 2,
      words: { rax: -ERESTART_RESTARTBLOCK, orig_rax: X32 },
      sees: { register: "rax", bits: ALL_BITS, word: X32 | RESTART_SYSCALL },
    },
  ],
];
