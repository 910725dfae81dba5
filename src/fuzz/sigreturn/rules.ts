/*
 * What rt_sigreturn makes of the registers in a signal frame. Behind that, all is as if ptrace had written them: so the
 * rules say which registers ptrace would have to write (equivalent.ts), and how the stub goes on is for the model of
 * ptrace to say. The form is that of ../model/rules.ts.
 */

/** What a rule is, beside its id. */
export interface SigreturnRule {
  /** One sentence. {name} is a value. */
  readonly text: string;
  /** A function of the kernel. */
  readonly source: string;
  readonly values: Readonly<Record<string, bigint>>;
}

const FRAME = "struct sigcontext, arch/x86/include/uapi/asm/sigcontext.h";
const RESTORE = "restore_sigcontext, arch/x86/kernel/signal_64.c";

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
    text: "If cs is then that of 64-bit code ({cs}) and uc_flags is without UC_STRICT_RESTORE_SS ({strict}), an ss that is no writable data segment of user space, as {ss} is, becomes {ss}.",
    source: "force_valid_ss, arch/x86/kernel/signal_64.c",
    values: { cs: 0x33n, strict: 4n, ss: 0x2bn },
  },
  S4: {
    text: "Of eflags only CF, PF, AF, ZF, SF, TF, DF, OF, RF and AC are taken ({mask}), not NT as by ptrace; all else is as in the handler ({handler}).",
    source: "FIX_EFLAGS, arch/x86/include/asm/sighandling.h",
    values: { mask: 0x5_0dd5n, handler: 0x202n },
  },
  S5: {
    text: "orig_rax becomes {orig_rax}: no call is made again.",
    source: RESTORE,
    values: { orig_rax: 0xffff_ffff_ffff_ffffn },
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
  S8: {
    text: "Whether the frame has floating point, and all other bits of uc_flags, change no register that ptrace shows.",
    source: "fpu__restore_sig, arch/x86/kernel/fpu/signal.c",
    values: {},
  },
} as const satisfies Readonly<Record<string, SigreturnRule>>;

export type SigreturnRuleId = keyof typeof SIGRETURN_RULES;
