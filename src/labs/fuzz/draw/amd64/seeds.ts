/*
 * The setups that a run begins with, modelled on the kernel's selftests of ptrace, signals and entry code
 * (tools/testing/selftests/x86).
 */

import { CODES, CONSTANTS, SCRATCH, STACK } from "../../case/amd64/code.ts";
import { REGISTERS } from "../../case/amd64/registers.ts";
import type { From } from "../../case/arch.ts";
import type { Case } from "../../case/case.ts";
import type { On } from "../../case/setups.ts";
import { RULE_SEEDS, UNPREDICTED } from "./rule_seeds.ts";
import { pokes, SIMPLE, seed } from "./seed.ts";

const [GETPID, NOTHING, TRAP_FLAG] = [39n, 1000n, 0x302n];
const NONCANONICAL = 1n << 47n;
const ALL_ONS: readonly On[] = ["CONT", "SYSCALL", "SINGLESTEP", "SYSEMU", "SYSEMU_SINGLESTEP"];
const INFO_SIZE = 88;

const info = (from: From, ...words: readonly bigint[]): Case => ({
  ...SIMPLE,
  ...{ from, way: "SYSCALL_INFO", block: [], length: INFO_SIZE, words },
});
const masked = (word: bigint, change: Partial<Case> = {}): Case => ({
  ...SIMPLE,
  ...{ way: "SIGMASK", block: [], length: 8, words: [word], ...change },
});

/** ptrace_syscall: a call that is stopped, changed, skipped and restarted. */
const ptraceSyscall: readonly Case[] = [
  ...ALL_ONS.map((on) => seed("syscall", { rax: GETPID }, { on })),
  ...([-512n, -513n, -514n, -516n] as const).flatMap((rax) => [
    seed("syscall", { rax, orig_rax: GETPID }),
    seed("nops", { rax, orig_rax: GETPID }, { signal: 10 }),
    seed("nops", { rax, orig_rax: GETPID }, { signal: 12 }),
    seed("int3", { rax, orig_rax: GETPID }, { from: "exit" }),
    seed("int3", { rax, orig_rax: -1n }, { signal: 10 }),
  ]),
  seed("int3", { rax: NOTHING, orig_rax: NOTHING }, { from: "entry", on: "SYSCALL" }),
  seed("int3", { rax: 7n, orig_rax: -1n }, { from: "entry" }),
  seed("int3", { rax: GETPID, orig_rax: GETPID }, { from: "sysemu", on: "SYSCALL" }),
  seed("syscall", { rax: GETPID }, { from: "group", on: "SYSEMU" }),
  info("entry", 1n | (0xc000_003en << 32n), 0n, 0n, GETPID, 1n, 2n, 3n, 4n, 5n, 6n, 0n),
  info("exit", 2n | (0xc000_003en << 32n), 0n, 0n, 2n ** 64n - 22n, 1n, ...Array(6).fill(0n)),
];

/** A case that pokes the register of its first pair again. */
function twice(it: Case, word: bigint): Case {
  return { ...it, pairs: [...it.pairs, ...it.pairs.map(({ offset }) => ({ offset, word }))] };
}

/** restart_syscall and its tests of 32-bit programs: results of 32 bits are errors in a 32-bit call, too. */
const calls32: readonly Case[] = [
  ...[-512n, -516n, 0xffff_fe00n, 0xffff_fdfcn, 0x1_ffff_fe00n, 0xffff_f001n].flatMap((rax) => [
    seed("nops", { rax, orig_rax: 20n }, { from: "step32" }),
    seed("nops", { rax, orig_rax: 20n }, { from: "step32", signal: 10 }),
    seed("nops", { rax, orig_rax: 0xffff_ffffn, cs: 0x23n }, { from: "step32", signal: 12 }),
    seed("nops", { rax, orig_rax: 20n }, { from: "exit32" }),
  ]),
  ...ALL_ONS.flatMap((on) => [
    seed("int3", { orig_rax: 39n }, { from: "entry32", on }),
    seed("int80", { cs: 0x23n, ds: 3n }, { from: "exit32", on }),
  ]),
  seed("int3", { rax: 7n, orig_rax: -1n }, { from: "entry32" }),
  { ...pokes("step32", { eflags: 0x302n }), on: "SINGLESTEP" },
  twice({ ...pokes("step32", { eflags: 0x302n }), on: "SINGLESTEP" }, 0x202n),
  ...[5, 4].map((signal) => masked(0x18n, { from: "step32", signal })),
  ...(["entry32", "exit32"] as const).map((from, i) =>
    info(from, BigInt(i + 1), 0n, 0n, 2n ** 64n - 516n, 1n, 2n, 3n, 4n, 5n, 6n, 0n),
  ),
];

/** sigreturn and ldt: selectors of no segment, of a 32-bit segment, and of the kernel. */
const selectors: readonly Case[] = [
  ...[0n, 3n, 0x0bn, 0x0fn, 0x10n, 0x23n, 0x2bn, 0x33n, 0x63n, 0xffffn].flatMap((word) => [
    seed("inc32", { cs: word, rax: 0xffff_ffffn }),
    seed("nops", { ss: word }, { on: "SINGLESTEP" }),
    seed("bases", { fs: word, gs: word, fs_base: CONSTANTS, gs_base: SCRATCH }),
    seed("load", { ds: word, es: word }, { signal: 10 }),
  ]),
  seed("int80", { cs: 0x23n, rax: 20n }, { on: "SYSCALL" }),
  seed("int3", {}, { way: "SETREGSET", length: 8 * REGISTERS.length }),
  seed("int3", { cs: 0x10n }, { way: "SETREGSET", length: 144 }),
];

/** fsgsbase: bases at the limits, with selectors and without. */
const bases: readonly Case[] = [
  0n,
  NONCANONICAL - 4097n,
  NONCANONICAL - 4096n,
  NONCANONICAL,
  -1n,
].flatMap((word) => [
  seed("bases", { fs_base: word, gs_base: CONSTANTS }),
  seed("bases", { gs_base: word, gs: 0x2bn }, { on: "SYSCALL" }),
  pokes("signal", { fs_base: BigInt.asUintN(64, word) }),
]);

/** mov_ss_trap and single_step_syscall: the trap flag at each piece of code; some delay or lose it. */
const traps: readonly Case[] = CODES.flatMap(({ name: code }) => {
  const rax = code === "movss" ? 0x2bn : GETPID;
  return [
    seed(code, { eflags: TRAP_FLAG, rax }),
    seed(code, { rax }, { on: "SINGLESTEP" }),
    seed(code, { eflags: TRAP_FLAG, rax: GETPID }, { on: "SYSCALL", signal: 12 }),
  ];
});

/** INTO with the flag that it looks at and without, and gates in 32-bit code. */
const gates: readonly Case[] = ["into", "int_1", "int_3", "int_4", "icebp"].flatMap((code) =>
  [0x202n, 0xa02n, 0xb02n].map((eflags) => seed(code, { cs: 0x23n, eflags })),
);

/** sysret_rip: a return to a noncanonical address. */
const returns: readonly Case[] = [
  NONCANONICAL,
  NONCANONICAL - 4096n,
  -NONCANONICAL,
  1n << 63n,
  -1n,
].flatMap((rip) => [
  seed("syscall", { rip }),
  seed("syscall", { rip, rcx: rip, r11: 0x202n }, { from: "exit" }),
  seed("syscall", { rip, eflags: TRAP_FLAG }, { from: "entry" }),
]);

/** syscall_arg_fault: an unmapped stack. */
const stacks: readonly Case[] = [0n, NONCANONICAL, -8n, SCRATCH - 8n, STACK].flatMap((rsp) => [
  seed("syscall", { rsp, rax: GETPID }),
  seed("int80", { rsp, cs: 0x23n, rax: 20n }),
  seed("stack", { rsp, ss: 0x2bn }),
  seed("nops", { rsp }, { signal: 10 }),
]);

/** test_vsyscall: its three functions, and an address between two of them. */
const vsyscall: readonly Case[] = [0n, 0x400n, 0x800n, 0x401n].map((offset) =>
  seed("int3", { rip: 0xffff_ffff_ff60_0000n + offset, rsp: STACK - 8n }),
);

/** The pieces of the catalogue of code, unchanged. */
const plain: readonly Case[] = [
  ...["int3", "ud2", "hlt", "load", "store", "div", "straddle", "handler"].map((code) =>
    seed(code, code === "store" ? { rdi: SCRATCH } : {}),
  ),
  seed("spin", {}, { on: "SINGLESTEP" }),
  seed("int3", {}, { on: "NONE" }),
  seed("int3", {}, { on: "CONT", signal: 9 }),
  seed("int3", {}, { from: "entry", signal: 9 }),
  seed("int3", {}, { from: "exit", signal: 9 }),
  seed("int3", {}, { on: "CONT", signal: 19 }),
  seed("int3", {}, { on: "CONT", signal: 65 }),
  masked(1n << 4n),
  {
    ...SIMPLE,
    ...{ way: "SETFPREGS", block: [] },
    pairs: [{ offset: 24n, word: 0xffff_ffff_0000_1f80n }],
  },
];

/** The seeds that cases are made from, in the order in which a run tries them. */
export const SEEDS: readonly Case[] = [
  ...plain,
  ...ptraceSyscall,
  ...calls32,
  ...selectors,
  ...bases,
  ...traps,
  ...gates,
  ...returns,
  ...stacks,
  ...RULE_SEEDS,
];

/**
 * Seeds that the model does not predict. They are tried once: the cases near them are usually not predicted, either.
 */
export const UNPREDICTED_SEEDS: readonly Case[] = [...vsyscall, ...UNPREDICTED];
