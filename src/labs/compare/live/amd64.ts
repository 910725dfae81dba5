import type { JudgedMachine } from "./machine.ts";

/** Writable bits of eflags (arch/x86/kernel/ptrace.c). */
const WRITABLE = 0x5_4dd5n;
/** TF stops a program after each instruction; RF is not visible to it. */
const [TF, RF] = [0x100n, 0x1_0000n];
/** Bits of fs_base and gs_base that every machine accepts. */
const BASE = 2n ** 46n - 1n;
/** The selector of user data. */
const USER_DS = 0x2bn;

export const amd64: JudgedMachine = {
  // The page after the code.
  data: 0x1000_1000n,
  part: 4096,
  kept: "rbx",
  queued: "r12",
  mark: "rbx",
  // SI_KERNEL, after the INT3.
  breakpoint: { code: 128, length: 1n },
  idle: { orig_rax: 2n ** 64n - 1n },
  begun: "orig_rax",
  // They are independent of the model of the fuzzer on purpose.
  restarts: [-512n, -513n, -514n, -516n],
  entered: ["cs", "ss", "ds", "es", "fs", "gs"],
  // AUDIT_ARCH_I386
  foreign: 0x4000_0003n,
  // uapi/asm/vsyscall.h
  vsyscalls: [
    [0xffff_ffff_ff60_0000n, 96n],
    [0xffff_ffff_ff60_0400n, 201n],
    [0xffff_ffff_ff60_0800n, 309n],
  ],
  /** The selectors are those of the stub itself, but ds and es may be 0. */
  fit(block, rest, steps) {
    const kept = WRITABLE & ~RF & (steps ? -1n : ~TF);
    block.put("eflags", (rest.get("eflags") & ~WRITABLE) | (block.get("eflags") & kept));
    for (const base of ["fs_base", "gs_base"]) block.put(base, block.get(base) & BASE);
    for (const name of ["cs", "ss", "fs", "gs"]) block.put(name, rest.get(name));
    for (const name of ["ds", "es"]) block.put(name, (block.get(name) & 1n) === 1n ? USER_DS : 0n);
  },
  cloneArguments: (word, parentTid, childTid) => [word, 0n, parentTid, childTid, 0n],
};
