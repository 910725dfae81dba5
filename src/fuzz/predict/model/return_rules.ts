import type { RuleEntry } from "./rule.ts";

const FRAME = "struct sigcontext, arch/x86/include/uapi/asm/sigcontext.h";
const RESTORE = "restore_sigcontext, arch/x86/kernel/signal_64.c";

/**
 * What rt_sigreturn makes of the registers in a signal frame. Behind that, all is as if ptrace had written them. Whether
 * the frame has floating point, and the other bits of uc_flags, change no register, so no rule speaks of them.
 */
export const SIGRETURN_RULES = {
  S1: {
    text: "The general registers and rip are taken as they are.",
    source: RESTORE,
    values: {},
  },
  S2: {
    text: "The frame has the low bits of cs and ss ({mask}), and both get {level} or-ed in: no privilege level is refused.",
    source: RESTORE,
    values: { mask: 0xffffn, level: 3n },
  },
  S3: {
    text: "If cs is then that of 64-bit code ({code}) and uc_flags is without UC_STRICT_RESTORE_SS ({flag}), an ss that is no writable data segment of user space, as {data} is, becomes {data}.",
    source: "force_valid_ss, arch/x86/kernel/signal_64.c",
    values: { code: 0x33n, flag: 4n, data: 0x2bn },
  },
  S4: {
    text: "Of eflags only CF, PF, AF, ZF, SF, TF, DF, OF, RF and AC are taken ({mask}), not NT as by ptrace; all else is as in the handler ({flags}).",
    source: "FIX_EFLAGS, arch/x86/include/asm/sighandling.h",
    values: { mask: 0x5_0dd5n, flags: 0x202n },
  },
  S5: {
    text: "orig_rax becomes {none}: no call is made again.",
    source: RESTORE,
    values: { none: -1n },
  },
  S6: {
    text: "fs_base and gs_base are in no frame: they stay as the stub has them.",
    source: FRAME,
    values: {},
  },
  S7: {
    text: "ds, es, fs and gs stay as the stub has them, too; the places for fs and gs are not looked at.",
    source: FRAME,
    values: {},
  },
} as const satisfies Readonly<Record<string, RuleEntry>>;
