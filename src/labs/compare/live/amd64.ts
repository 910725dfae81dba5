// What judges require of the architecture, beyond what encoders compute.

import { SLOTS } from "./slots.ts";
import type { View } from "./view.ts";

/** The page behind the code, which nobody executes. */
export const DATA = 0x1000_1000n;
export const PART = 4096;

export const LEAVES = "rbx";
export const KEPT = "r12";

export const MARK = "rbx";

/** SI_KERNEL */
export const TRAP_CODE = 128;

/** orig_rax if no call is in progress. */
export const NO_CALL = 2n ** 64n - 1n;
export const IDLE = { orig_rax: NO_CALL };

export const REFUSES = "EIO";

/** The general and the segment registers in the order of their numbers in machine code. */
const GENERAL = "rax rcx rdx rbx rsp rbp rsi rdi r8 r9 r10 r11 r12 r13 r14 r15".split(" ");
const SEGMENTS = ["es", "cs", "ss", "ds", "fs", "gs"];

export const STORED = [
  ["rip", SLOTS.start] as const,
  ["eflags", SLOTS.eflags] as const,
  ...GENERAL.map((name, i) => [name, SLOTS.general + 8 * i] as const),
  ...SEGMENTS.map((name, i) => [name, SLOTS.selectors + 8 * i] as const),
];
export const UNSEEN = ["orig_rax"];

/** Writable bits of eflags (arch/x86/kernel/ptrace.c). */
const WRITABLE = 0x5_4dd5n;
/** TF would stop the code at its first instruction; RF is not visible to it. */
export const TF = 0x100n;
const RF = 0x1_0000n;
/** Bits of fs_base and gs_base that every machine accepts. */
const BASE = 2n ** 46n - 1n;
/** The selector of user data. */
const USER_DS = 0x2bn;

export function fit(view: View, trap: boolean): void {
  const kept = WRITABLE & ~RF & (trap ? -1n : ~TF);
  view.put("eflags", (view.atRest("eflags") & ~WRITABLE) | (view.get("eflags") & kept));
  for (const base of ["fs_base", "gs_base"]) view.put(base, view.get(base) & BASE);
  fitSelectors(view);
}

/** The selectors of the stub itself; ds and es are 0 or that of user data. */
export function fitSelectors(view: View): void {
  for (const name of ["cs", "ss", "fs", "gs"]) view.put(name, view.atRest(name));
  for (const name of ["ds", "es"]) view.put(name, (view.get(name) & 1n) === 1n ? USER_DS : 0n);
}

export function cloneArguments(word: bigint, parentTid: bigint, childTid: bigint) {
  return [word, 0n, parentTid, childTid, 0n];
}
