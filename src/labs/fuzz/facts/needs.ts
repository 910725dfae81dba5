import type { Feature } from "../machine.ts";

const NO_32_BIT = "the kernel does not run 32-bit programs";
const NO_REQUEST = "the kernel does not have this request (Linux 6.16)";
const NO_BASES = "programs cannot read their bases: a feature of the processor and the kernel";
const NO_CALL = "the kernel does not have this system call";
const OLD = "this kernel behaves like those before Linux 5.14";
const NEW = "this kernel behaves like Linux 5.14 and later";
const CUTS_RIP = "the processor cuts rip to 32 bits";
const REFUSES_RIP = "the processor refuses such a rip";
const WRAPS = "on this processor 32-bit accesses wrap";
const HAS_LIMIT = "the processor refuses 32-bit accesses across 4 GB";
const NO_COMPONENT = "the XSAVE area does not have this component";

/** A feature that the machine must have, or lack; or components that its XSAVE area must have. */
export type Condition =
  | { readonly feature: Feature; readonly lacks?: true; readonly reason: string }
  | { readonly components: number; readonly reason: string };

// asm/fpu/types.h: XFEATURE_MASK_FP, XFEATURE_MASK_YMM
const [FP, YMM] = [1, 4];

/** What a check needs of the machine; without it, it is skipped, for the reason here. */
export const NEEDS = {
  PTRACE_SET_SYSCALL_INFO: { feature: "set_syscall_info", reason: NO_REQUEST },
  "32-bit calls": { feature: "ia32", reason: NO_32_BIT },
  FSGSBASE: { feature: "fsgsbase", reason: NO_BASES },
  LA57: { feature: "la57", reason: "page tables have four levels" },
  "no LA57": { feature: "la57", lacks: true, reason: "page tables have five levels" },
  "no FRED": { feature: "fred", lacks: true, reason: "with FRED SYSCALL keeps rcx and r11" },
  XSAVE: { components: FP, reason: "there is no XSAVE area" },
  AVX: { components: YMM, reason: NO_COMPONENT },
  "no FSGSBASE": { feature: "fsgsbase", lacks: true, reason: "programs can read their bases" },
  "mxcsr check": { feature: "mxcsr_check", reason: OLD },
  "no mxcsr check": { feature: "mxcsr_check", lacks: true, reason: NEW },
  "negative restarts": { feature: "negative_restart", reason: OLD },
  "no negative restarts": { feature: "negative_restart", lacks: true, reason: NEW },
  "uprobe with EPROTO": { feature: "uprobe_eproto", reason: "the kernel answers otherwise" },
  "IRET refuses rip": { feature: "iret_cuts_rip", lacks: true, reason: CUTS_RIP },
  "IRET cuts rip": { feature: "iret_cuts_rip", reason: REFUSES_RIP },
  "limit of the stack": { feature: "stack_wraps", lacks: true, reason: WRAPS },
  "stack that wraps": { feature: "stack_wraps", reason: HAS_LIMIT },
  "limit of data": { feature: "data_wraps", lacks: true, reason: WRAPS },
  "data that wraps": { feature: "data_wraps", reason: HAS_LIMIT },
  uprobe: {
    feature: "uprobe",
    reason: "the kernel does not have this system call, or answers otherwise",
  },
  uretprobe: { feature: "uretprobe", reason: NO_CALL },
} as const satisfies Readonly<Record<string, Condition>>;
export type Need = keyof typeof NEEDS;

const isNeed = (name: string): name is Need => Object.hasOwn(NEEDS, name);
/** The order of bits and of the table in the probe. */
export const NEED_NAMES = Object.keys(NEEDS).filter(isNeed);
