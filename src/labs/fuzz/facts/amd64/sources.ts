/* Places in the kernel for amd64, and in what few architectures share, that several groups of facts name. */

const PTRACE = "arch/x86/kernel/ptrace.c";
export const ARCH_PTRACE = `arch_ptrace, ${PTRACE}`;
export const SET_DEBUGREG = `ptrace_set_debugreg, ${PTRACE}`;
export const DO_SIGNAL = "arch_do_signal_or_restart, arch/x86/kernel/signal.c";
export const SYSCALL_ENTER = "syscall_trace_enter, kernel/entry/common.c";
