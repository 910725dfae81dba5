/*
 * Setups for rules that random setups rarely reach: each rule needs several matching registers. A run begins with them
 * and with those of seeds.ts.
 */

import { CONSTANTS, placeOf, SCRATCH, STACK, STUB_CODE } from "../../case/amd64/code.ts";
import type { Case } from "../../case/case.ts";
import { BREAKPOINT_SEEDS } from "./breakpoint_seeds.ts";
import { DISPATCH_SEEDS, dispatching } from "./dispatch_seeds.ts";
import { pokes, SIMPLE, seed } from "./seed.ts";

/** Data segments of 32-bit code; 64-bit code ignores them. */
const segments: readonly Case[] = [0n, 0x23n, 0x2bn, 0x33n, 0x7bn].flatMap((ds) => [
  seed("load", { cs: 0x23n, ds, rax: 0x1_0000_0000n }),
  seed("store", { cs: 0x23n, ds, rdi: SCRATCH, rax: 5n }),
]);

/** POP ES, which 32-bit code executes at the end of `load`, with each word of the constants that may be a selector. */
const pops: readonly Case[] = Array.from({ length: 18 }, (_, n) => CONSTANTS + BigInt(8 * n)).map(
  (rsp) => seed("load", { rip: placeOf("load") + 2n, cs: 0x23n, rsp }),
);

/** Arithmetic in the middle of instructions, with flags that processors set differently. */
const middles: readonly Case[] = (
  [
    ["syscall", 1n],
    ["ud2", 1n],
    ["int80", 1n],
    ["movss", 1n],
    ["int_1", 1n],
    ["int_3", 1n],
    ["int_4", 1n],
    ["int_ff", 1n],
    ["spin", 1n],
    ["div", 2n],
  ] as const
).flatMap(([code, offset]) => [
  seed(code, { rip: placeOf(code) + offset, eflags: 0x212n, rax: 0x8000n }, { on: "SINGLESTEP" }),
]);

/** The ends of the address space of 32-bit code. */
const limits: readonly Case[] = [
  seed("stack", { cs: 0x23n, rsp: 1n }),
  seed("load", { cs: 0x23n, ds: 0x2bn, rdi: 0xffff_fffdn }),
];

/** A return by SYSRET does not load selectors. Whether the kernel uses SYSRET depends on five registers. */
const sysret: readonly Case[] = [
  pokes("exit", { ds: 3n }),
  pokes("exit", { ds: 3n, rcx: 0n }),
  ...[0x302n, 0x1_0202n].map((flags) => pokes("exit", { ds: 3n, r11: flags, eflags: flags })),
  ...[0x7fff_ffff_f000n, 0x7fff_ffff_e000n - 1n].map((rip) =>
    pokes("exit", { ds: 3n, rcx: rip, rip }),
  ),
];

/** Calls that a filter does not see. */
const probes: readonly Case[] = [334n, 335n, 336n, 337n].flatMap((rax) => [
  seed("syscall", { rax }),
  seed("syscall", { rax }, { on: "SINGLESTEP" }),
  seed("int3", { orig_rax: rax }, { from: "entry" }),
]);

/** Blocked signals that are delivered nevertheless. */
const blocked: readonly Case[] = [4, 11, 17].map((signal) => ({
  ...SIMPLE,
  ...{ from: "exit", way: "SIGMASK", signal, block: [], length: 8 },
  words: [2n ** 64n - 1n],
}));

/** Single components of an XSAVE area, and bits of mxcsr that are checked only with some of them. */
const components: readonly Case[] = [0n, 1n, 2n, 4n, 0x20n].flatMap((header) =>
  [0x2_0000n, 0x1_0000n, 0x4_0000n, 0x1f80n].map(
    (mxcsr): Case => ({
      ...SIMPLE,
      ...{ way: "XSTATE", block: [], length: 1 << 13 },
      pairs: [
        { offset: 512n, word: header },
        { offset: 24n, word: mxcsr },
      ],
    }),
  ),
);

/** A result that is marked as an error, and exceeds an int. */
const results: readonly Case[] = [0n, 1n].map((isError) => ({
  ...SIMPLE,
  ...{ from: "exit", way: "SYSCALL_INFO", block: [], length: 88 },
  words: [2n, 0n, 0n, 0x1_8000_0000n, isError, ...Array<bigint>(6).fill(0n)],
}));

/** Reserved members of struct ptrace_syscall_info. */
const reserved: readonly Case[] = [8n, 16n, 31n].map((bit) => ({
  ...SIMPLE,
  ...{ from: "entry", way: "SYSCALL_INFO", block: [], length: 88 },
  words: [1n | (1n << bit), ...Array<bigint>(10).fill(0n)],
}));

/** Unaligned accesses, and accesses that end in an unmapped page. */
const accesses: readonly Case[] = [CONSTANTS + 1n, CONSTANTS + 4095n, SCRATCH - 4n].map((rdi) =>
  seed("load", { rdi, eflags: 0x4_0202n }),
);

/** Debug registers, existing and missing ones. */
const debug: readonly Case[] = [840n, 848n, 849n, 872n, 880n, 888n, 896n, 904n].map((offset) => ({
  ...SIMPLE,
  ...{ way: "POKEUSER", block: [], on: "NONE", pairs: [{ offset, word: 0n }] },
}));

/** Stack pointers at which an area of the signal frame moves to the next alignment. */
const frames: readonly Case[] = [3n, 4n, 5n, 8n].map((n) =>
  seed("nops", { rsp: STACK - 64n + n }, { signal: 10 }),
);

/** Bits of mxcsr that only some processors have. */
const control: readonly Case[] = [0x8000n, 0x1_0000n, 0x2_0000n, 0x4_0000n].map((word) => ({
  ...SIMPLE,
  ...{ way: "SETFPREGS", block: [], pairs: [{ offset: 24n, word }] },
}));

/** All of these but the unpredicted ones. */
export const RULE_SEEDS: readonly Case[] = [
  ...segments,
  ...pops,
  ...middles,
  ...limits,
  ...sysret,
  ...probes,
  ...blocked,
  ...components,
  ...results,
  ...reserved,
  ...accesses,
  ...debug,
  ...BREAKPOINT_SEEDS,
  ...DISPATCH_SEEDS,
  ...frames,
  ...control,
];

/** The segment of the processor's number, UMIP, a single-step in memory, the stub code, and what no model has. */
export const UNPREDICTED: readonly Case[] = [
  seed("load", { cs: 0x23n, ds: 0x7bn, rdi: 0n }),
  seed("int3", { ss: 0x33n, rip: CONSTANTS + 0xf01n }),
  seed("int3", { rip: STACK }, { on: "SINGLESTEP" }),
  seed("int3", { rip: STUB_CODE }),
  seed("syscall", { cs: 0x23n }),
  seed("bases", { rip: placeOf("bases") + 3n }),
  // The rest of the page is 0, which a selector may be.
  dispatching([1n, STUB_CODE + 4095n, 0n, 0n]),
];
