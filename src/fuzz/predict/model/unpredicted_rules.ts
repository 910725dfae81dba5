import type { RuleEntry } from "./rule.ts";

/** What must not be predicted, and why. */
export const UNPREDICTED_RULES = {
  U1: {
    text: "rip lies in the vsyscall page ({page}): its functions are emulated, and each kernel is configured otherwise.",
    source: "emulate_vsyscall, arch/x86/entry/vsyscall/vsyscall_64.c",
    values: { page: 0xffff_ffff_ff60_0000n },
  },
  U2: {
    text: "rip lies in the middle of an instruction, and what is decoded there is more than arithmetic.",
    source: "the catalogue of code",
    values: {},
  },
  U3: {
    text: "rip comes to the stub code, of which the model knows nothing.",
    source: "the catalogue of code",
    values: {},
  },
  U4: {
    text: "Debug register 7 (at {begin} and before {end}) is written: its bits are the processor's.",
    source: "ptrace_set_debugreg, arch/x86/kernel/ptrace.c",
    values: { begin: 904n, end: 912n },
  },
  U5: {
    text: "A 32-bit SYSCALL goes on in the vDSO, which a target has not.",
    source: "do_fast_syscall_32, arch/x86/entry/syscall_32.c",
    values: {},
  },
  U6: {
    text: "A register decides that the model does not know, such as a process's own number.",
    source: "the model",
    values: {},
  },
  U7: {
    text: "A single-step begins where programs may have written, or in the stub code: the kernel looks whether there is a POPF or an IRET there, and if so shows TF.",
    source: "is_setting_trap_flag, arch/x86/kernel/step.c",
    values: {},
  },
  U8: {
    text: "In 32-bit code a program reads by ds = {selector}, whose limit is the number of the processor and its node.",
    source: "setup_getcpu, arch/x86/kernel/cpu/common.c",
    values: { selector: 0x7bn },
  },
  U9: {
    text: "DIV leaves flags that the manual does not define, and on processors that nobody measured eflags is not predicted after it.",
    source: "DIV, SDM volume 2",
    feature: "!amd",
    values: {},
  },
  U10: {
    text: "A signal's frame has another length than NT_X86_XSTATE where there is a component that a process has to ask for.",
    source: "xstate_sigframe_size, arch/x86/kernel/fpu/signal.c",
    feature: "amx_tile",
    values: {},
  },
  U11: {
    text: "A null selector that SYSRET has left is there until the next interrupt returns by IRET: that selector alone is not predicted.",
    source: "IRET, SDM volume 2",
    values: {},
  },
  U12: {
    text: "A return is refused with rip where an instruction may lie that UMIP forbids, or in what programs may have written: the kernel looks there, and does it.",
    source: "fixup_umip_exception, arch/x86/kernel/umip.c",
    values: {},
  },
} as const satisfies Readonly<Record<string, RuleEntry>>;
