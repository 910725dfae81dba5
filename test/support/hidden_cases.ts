/* What the model does not predict: for each rule the cases at its border, on both sides. */

import {
  CODE,
  CONSTANTS,
  placeOf,
  SCRATCH,
  SCRATCH_SIZE,
  STACK,
  STUB_CODE,
} from "../../src/labs/fuzz/case/amd64/code.ts";
import { indexOf } from "../../src/labs/fuzz/case/amd64/registers.ts";
import type { Case, SignalFrame } from "../../src/labs/fuzz/case/case.ts";
import type { Feature, Machine } from "../../src/labs/fuzz/machine.ts";
import type { Model } from "../../src/labs/fuzz/predict/model.ts";
import { dispatching, SIMPLE, seed } from "./seeds.ts";
import { AMX_XSTATE, PACKED_XSTATE, PKRU_XSTATE } from "./xstates.ts";

// Tests that describe a machine are about the model as it is written, and about what is made of it. A bug that the environment
// plants in all models is the subject of agreement.test.ts alone.
delete process.env.STUBLAB_PLANT;

/** What DIV leaves, and what kernels from Linux 6.7 on have. */
const RECENT = [
  ...(["div_flags", "negative_restart", "mxcsr_check", "sysret_limit"] as const),
  ...(["altstack_first", "xstate_size_check"] as const),
] as const;

/** What was found by trials on AMD family 25 and 26. */
export const AMD = [
  "movss_breakpoint",
  "xrstor_reads_all",
  "xrstor_reads_legacy",
  "xrstor_reads_unasked",
] as const;

const MACHINE: Machine = {
  ...{ release: "6.18", vendor: "AuthenticAMD", family: 26, model: 2 },
  features: ["fsgsbase", "ia32", ...AMD, ...RECENT],
  ...PACKED_XSTATE,
  stubCode: Number(STUB_CODE),
};

/** A machine that has these features, and no others but those of a kernel that is not old. */
export const machineWith = (...features: Feature[]): Machine => ({
  ...MACHINE,
  features: [...features, ...RECENT],
  ...(features.includes("pku") && PKRU_XSTATE),
});

/** MACHINE without a feature. */
const without = (feature: Feature): Machine => ({
  ...MACHINE,
  features: MACHINE.features.filter((each) => each !== feature),
});

const MXCSR_RESERVED = 1n << 20n;

/** Writes a word of an XSAVE area. */
const xstate = (offset: bigint): Case => ({
  ...{ ...SIMPLE, way: "XSTATE", block: [], length: 2432 },
  pairs: [{ offset, word: 7n }],
});

/** Names the components of an XSAVE area, which is refused if there is another. */
const named = (components: bigint): Case => ({
  ...xstate(512n),
  pairs: [{ offset: 512n, word: components }],
});

/** Writes a word of PKRU, and names the components that the area has. */
export const lock = (components: bigint, word: bigint, change: Partial<Case> = {}): Case => ({
  ...{ ...SIMPLE, way: "XSTATE", block: [], length: 2440 },
  pairs: [
    { offset: 2432n, word },
    { offset: 512n, word: components },
  ],
  ...change,
});

export interface Border {
  readonly rule: string;
  readonly machine: Machine;
  /** Cases that the rule keeps from being predicted, as a whole or in a register. */
  readonly hidden: readonly Case[];
  /** The nearest cases, which are predicted: no such rule applies to them. */
  readonly predicted: readonly Case[];
}

const [VSYSCALL, STUB_END, SCRATCH_END] = [
  0xffff_ffff_ff60_0000n,
  STUB_CODE + 4096n,
  SCRATCH + BigInt(SCRATCH_SIZE),
];
const [CODE32, CPUNODE, MEGABYTE, TRAP_FLAG] = [0x23n, 0x7bn, 1n << 20n, 0x302n];
const at = (rip: bigint) => seed("int3", { rip });
const refusedAt = (rip: bigint) => seed("int3", { ss: 0x33n, rip });
const stepAt = (rip: bigint) => seed("int3", { rip }, { on: "SINGLESTEP" });
const load32 = (registers: Readonly<Record<string, bigint>>) =>
  seed("load", { cs: CODE32, ds: CPUNODE, ...registers });

function returning(
  code: string,
  frame: Omit<SignalFrame, "ucFlags">,
  pairs: Case["pairs"] = [],
): Case {
  return seed(code, {}, { way: "SIGRETURN", frame: { ucFlags: 0, ...frame }, pairs });
}

/** A frame with floating point at an address, and words in it by their offsets. */
export function frame(image: bigint, words: Readonly<Record<number, bigint>> = {}): Case {
  const pairs = Object.entries(words).map(([offset, word]) => ({ offset: BigInt(offset), word }));
  return returning("int3", { fpstate: true, image }, pairs);
}

/** An area that is cut off after its header, without any member after the header. */
export const [CUT, SHORT] = [SCRATCH_END - 640n, { 480: 576n, 576: 0x4650_5845n }];

/** At the exit of getpid, whose result in rax is not known. */
function afterGetpid(registers: Readonly<Record<string, bigint>>): Case {
  const pairs = Object.entries(registers).map(([name, word]) => ({
    ...{ offset: BigInt(8 * indexOf(name)), word },
  }));
  return { ...SIMPLE, ...{ from: "exit", way: "POKEUSER", block: [], pairs } };
}

/** Instructions that need rax: DIV, MOV SS, and arithmetic in the middle of others. */
const NEED_RAX = [
  ...["div", "movss"].map((code) => placeOf(code)),
  ...["syscall", "int80", "spin"].map((code) => placeOf(code) + 1n),
];

export const BORDERS: readonly Border[] = [
  {
    rule: "U1",
    machine: MACHINE,
    hidden: [0n, 1n, 0x400n, 4095n].map((n) => at(VSYSCALL + n)),
    predicted: [at(VSYSCALL - 1n), at(VSYSCALL + 4096n), refusedAt(VSYSCALL)],
  },
  {
    rule: "U2",
    machine: MACHINE,
    hidden: [3n, 4n, 8n, 9n].flatMap((n) => {
      const rip = placeOf("bases") + n;
      return [at(rip), seed("int3", { rip, cs: CODE32 })];
    }),
    predicted: [0n, 1n, 2n, 5n, 6n, 7n, 10n].map((n) => at(placeOf("bases") + n)),
  },
  {
    rule: "U3",
    machine: MACHINE,
    hidden: [at(STUB_CODE), at(STUB_END - 1n)],
    predicted: [at(STUB_CODE - 1n), at(STUB_END), seed("load", { rdi: STUB_CODE })],
  },
  {
    rule: "U5",
    machine: MACHINE,
    hidden: [seed("syscall", { cs: CODE32 })],
    predicted: [
      seed("syscall", {}),
      seed("int80", { cs: CODE32 }),
      seed("syscall", { cs: CODE32, ss: 0x33n }),
    ],
  },
  {
    rule: "U6",
    machine: MACHINE,
    hidden: [
      ...NEED_RAX.map((rip) => afterGetpid({ rip })),
      seed("load", { rip: placeOf("load") + 2n, cs: CODE32, rsp: STACK - 8n }),
    ],
    predicted: [
      ...NEED_RAX.map((rip) => afterGetpid({ rip, rax: 0x2bn })),
      afterGetpid({ rip: placeOf("nops") }),
      // It faults whatever rax is, and these need ecx and esp.
      afterGetpid({ rip: placeOf("div"), rdi: 0n }),
      ...["ud2", "div"].map((code, k) => afterGetpid({ rip: placeOf(code) + BigInt(k + 1) })),
      seed("load", { rip: placeOf("load") + 2n, cs: CODE32, rsp: CONSTANTS }),
      seed("load", { rip: placeOf("load") + 2n, cs: CODE32, rsp: SCRATCH_END }),
    ],
  },
  {
    rule: "U7",
    machine: MACHINE,
    hidden: [
      ...[SCRATCH, STACK, SCRATCH_END - 1n, STUB_CODE, STUB_END - 1n].map(stepAt),
      seed("int3", { rip: SCRATCH }, { on: "SYSEMU_SINGLESTEP" }),
    ],
    predicted: [
      ...[SCRATCH - 1n, SCRATCH_END, STUB_CODE - 1n, CONSTANTS, CODE].map(stepAt),
      at(SCRATCH),
      seed("int3", { rip: SCRATCH, eflags: TRAP_FLAG }, { on: "SINGLESTEP" }),
    ],
  },
  {
    rule: "U8",
    machine: MACHINE,
    hidden: [0n, 8n, MEGABYTE - 1n, (1n << 32n) + 8n].map((rdi) => load32({ rdi })),
    predicted: [
      ...[MEGABYTE, CONSTANTS].map((rdi) => load32({ rdi })),
      load32({ rip: placeOf("store"), rdi: 8n }),
      load32({ rdi: 8n, cs: 0x33n }),
      load32({ rdi: 8n, ds: 0x2bn }),
    ],
  },
  {
    rule: "U9",
    machine: without("div_flags"),
    hidden: [seed("div", {}), seed("div", { rax: 7n, eflags: 0xad7n })],
    predicted: [seed("div", { rdi: 0n }), seed("nops", {})],
  },
  {
    rule: "U11",
    machine: MACHINE,
    hidden: ["ds", "es", "fs", "gs"].map((name) => afterGetpid({ [name]: 3n })),
    predicted: [
      afterGetpid({ ds: 3n, rcx: 0n }),
      afterGetpid({ ds: 0x2bn }),
      afterGetpid({ ds: 0n }),
      seed("nops", { ds: 3n }),
    ],
  },
  {
    rule: "U12",
    machine: MACHINE,
    // The words of the constants end in 0f 00 00 from 0xf00 on: SLDT (%rax), also after REX, and after LOCK.
    hidden: [
      ...[0xf01n, 0xff9n, 0xf40n, 0xff0n].map((n) => refusedAt(CONSTANTS + n)),
      ...[SCRATCH, STACK, SCRATCH_END - 1n, STUB_CODE].map(refusedAt),
      seed("int3", { cs: 0x0bn, rip: CONSTANTS + 0xf01n }),
    ],
    predicted: [
      ...[0xe01n, 0xf03n, -1n, 4096n].map((n) => refusedAt(CONSTANTS + n)),
      ...[CODE, placeOf("syscall"), SCRATCH - 1n, STUB_CODE - 1n].map(refusedAt),
      at(CONSTANTS + 0xf01n),
    ],
  },
  {
    rule: "U13",
    machine: MACHINE,
    hidden: [CODE, CONSTANTS, CONSTANTS - 1n, CONSTANTS + 4095n, STUB_CODE].map((image) =>
      frame(image),
    ),
    predicted: [SCRATCH, SCRATCH - 1n, SCRATCH_END - 1n, CONSTANTS + 4096n, 0x1000n, 0n].map(
      (image) => frame(image),
    ),
  },
  {
    rule: "U16",
    machine: MACHINE,
    hidden: [returning("sse", { fpstate: true })],
    predicted: [
      returning("sse", { fpstate: false }),
      returning("sse", { fpstate: true, image: SCRATCH }),
      returning("nops", { fpstate: true }),
    ],
  },
  {
    rule: "U20",
    machine: machineWith("fsgsbase", "ia32", ...AMD, "sud"),
    hidden: [SCRATCH, SCRATCH_END - 1n, STUB_CODE, STUB_END - 1n].map((at) =>
      dispatching([1n, at, 0n, 0n]),
    ),
    predicted: [
      ...[SCRATCH - 1n, SCRATCH_END, STUB_CODE - 1n, CONSTANTS, CODE].map((at) =>
        dispatching([1n, at, 0n, 0n]),
      ),
      dispatching([1n, SCRATCH, 0n, 1n << 40n]),
      dispatching([1n, SCRATCH, 0n, 0n], "int3"),
    ],
  },
  {
    rule: "U21",
    machine: machineWith("fsgsbase", "ia32", ...AMD, "pku"),
    hidden: [1n, 2n, 3n].flatMap((word) =>
      [10, 12].map((signal) => lock(0x200n, word, { signal })),
    ),
    predicted: [
      lock(0x200n, 4n, { signal: 10 }),
      lock(0x2n, 3n, { signal: 10 }),
      lock(0x200n, 3n, { signal: 17 }),
      lock(0x200n, 3n),
    ],
  },
  {
    rule: "U22",
    machine: { ...MACHINE, features: ["fsgsbase", "ia32", ...AMD, "div_flags", "xsaves"] },
    hidden: [xstate(0n), xstate(24n), xstate(832n)],
    predicted: [{ ...xstate(24n), way: "SETFPREGS", length: 0 }, seed("nops", {})],
  },
  {
    rule: "U23",
    machine: without("mxcsr_check"),
    hidden: [frame(SCRATCH, { 24: MXCSR_RESERVED }), frame(SCRATCH + 1n), frame(CUT, SHORT)],
    predicted: [frame(SCRATCH), frame(0n), seed("nops", {})],
  },
  {
    rule: "U24",
    machine: without("altstack_first"),
    hidden: [0n, 1n << 63n, SCRATCH, SCRATCH + 4095n].map(refusedWith),
    predicted: [refusedWith(STACK), { ...refusedWith(0n), pairs: [] }],
  },
  {
    rule: "U31",
    machine: MACHINE,
    hidden: [frame(SCRATCH, { 512: 7n }), named(0x100n)],
    predicted: [frame(SCRATCH, { 520: 0n }), named(7n)],
  },
  {
    rule: "U32",
    machine: { ...MACHINE, ...AMX_XSTATE },
    hidden: [416, 456, 832, 1080, 2696].map((offset) => frame(SCRATCH, { [offset]: 7n })),
    predicted: [408, 464, 824, 1088, 2688, 2752, 2816].map((offset) =>
      frame(SCRATCH, { [offset]: 0n }),
    ),
  },
  {
    rule: "U33",
    machine: MACHINE,
    hidden: [8, 16].map((offset) => frame(SCRATCH, { [offset]: 7n })),
    predicted: [0, 24, 32].map((offset) => frame(SCRATCH, { [offset]: 0n })),
  },
];

/** A frame that is refused, with this stack. */
function refusedWith(rsp: bigint): Case {
  const it = frame(SCRATCH, { 24: MXCSR_RESERVED });
  return { ...it, block: it.block.map((word, i) => (i === indexOf("rsp") ? rsp : word)) };
}

/** The rules about what is not predicted that apply to a case. */
export function hiding(model: Model, batch: Parameters<Model["explain"]>[0]): string[] {
  return model
    .explain(batch, 0)
    .filter(({ phase }) => phase === "unpredicted")
    .map(({ id }) => id);
}
