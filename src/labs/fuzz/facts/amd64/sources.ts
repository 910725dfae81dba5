/* Places in the kernel for amd64, and in what few architectures share, that several groups of facts name. */

const PTRACE = "arch/x86/kernel/ptrace.c";
export const PUTREG = `putreg, ${PTRACE}`;
export const GENREGS_SET = `genregs_set, ${PTRACE}`;
export const INVALID_SELECTOR = `invalid_selector, ${PTRACE}`;
export const SET_SEGMENT_REG = `set_segment_reg, ${PTRACE}`;
export const ARCH_PTRACE = `arch_ptrace, ${PTRACE}`;
export const SET_DEBUGREG = `ptrace_set_debugreg, ${PTRACE}`;

export const DO_SIGNAL = "arch_do_signal_or_restart, arch/x86/kernel/signal.c";
export const HANDLE_SIGNAL = "handle_signal, arch/x86/kernel/signal.c";

export const SYSCALL_ENTER = "syscall_trace_enter, kernel/entry/common.c";
export const SYSCALL_GET_NR = "syscall_get_nr, arch/x86/include/asm/syscall.h";
export const ENTRY_64 = "entry_SYSCALL_64, arch/x86/entry/entry_64.S";
export const SINGLE_STEP = "report_single_step, kernel/entry/common.c";

const TRAPS = "arch/x86/kernel/traps.c";
export const INT3 = `exc_int3, ${TRAPS}`;
export const UD2 = `handle_invalid_op, ${TRAPS}`;
export const PROTECTION = `exc_general_protection, ${TRAPS}`;
export const BAD_IRET = `fixup_bad_iret, ${TRAPS}`;
