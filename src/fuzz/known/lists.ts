/*
 * Known deviations. A run that is given a list does not fail because of them, and reports all others: those of a kernel
 * under an emulator that has faults of its own. The probe has the same lists.
 */

import { HOST_ARCH } from "../../shim/host_arch.ts";

interface List {
  /** What the model predicts then, as --plant has it. */
  readonly changes: readonly string[];
  /** Bits of eflags that are not compared. */
  readonly ignoredFlags: number;
  /** Whether no case has a breakpoint for data. */
  readonly avoidsWatchpoints: boolean;
  /** Facts that do not hold, or checks of theirs as `nameOfCheck` has them. */
  readonly facts: readonly string[];
}

const QEMU_TCG_AMD64 = {
  changes: [
    // IRET keeps null selectors in fs and gs, and is not refused because of rip: the next fetch is.
    ...["R63.set=0x3", "R28", "R62"],
    // 64-bit code has INTO.
    "R106",
    // Segments have no limits and no rights, accesses no alignment and no end, and one by rsp is like others.
    ...["R57", "R69", "R50", "R49", "R107"],
    // SSE raises no exception, and does not see denormals; mxcsr accepts all bits.
    ...["R102", "R101.denormal=0", "S12"],
    // The control and status words of x87 are those that were written.
    ...["S18.set=0", "S18.mask=0xffff", "S18.flags=0"],
  ],
  // RF: set by a page fault that the kernel mends, and cleared late.
  ignoredFlags: 0x1_0000,
  // With TF they end in a loop.
  avoidsWatchpoints: true,
  facts: [
    "ds, es, fs and gs = 3, a null selector, read 0 at the next stop: fs = 3",
    "ds, es, fs and gs = 3, a null selector, read 0 at the next stop: gs = 3",
    "A rip above 4 GB with cs = 0x23 is SIGSEGV, SI_KERNEL",
    "32-bit code needs a data segment: with ds = 0 a load is SIGSEGV",
    "In 32-bit code a push below 0 is SIGBUS",
    "A push to an address that is not canonical: SIGBUS, SI_KERNEL, si_addr 0",
    "With AC an unaligned load: SIGBUS, BUS_ADRALN, si_addr 0, mapped or not",
  ],
} satisfies List;

/** It lets code access memory by a sp that is not aligned. */
const QEMU_TCG_ARM64 = {
  changes: ["R230"],
  ignoredFlags: 0,
  avoidsWatchpoints: false,
  facts: ["An access by sp that is not a multiple of 16 is SIGBUS, BUS_ADRALN"],
} satisfies List;

const QEMU_TCG: List = { amd64: QEMU_TCG_AMD64, arm64: QEMU_TCG_ARM64 }[HOST_ARCH];

export const LISTS = { "qemu-tcg": QEMU_TCG } as const satisfies Readonly<Record<string, List>>;
export type KnownName = keyof typeof LISTS;

export const isListed = (name: string): name is KnownName => Object.hasOwn(LISTS, name);
export const KNOWN: readonly KnownName[] = Object.keys(LISTS).filter(isListed);
/** The same for help and errors. */
export const KNOWN_NAMES = KNOWN.join(", ");
