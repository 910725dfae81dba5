/* Places in the kernel that several groups of facts name. */

export const REGSET = "ptrace_regset, kernel/ptrace.c";
export const REQUEST = "ptrace_request, kernel/ptrace.c";
export const REPORT_SYSCALL = "ptrace_report_syscall, include/linux/ptrace.h";
export const PTRACE_SIGNAL = "ptrace_signal, kernel/signal.c";
export const FORCE_SIG = "force_sig_info_to_task, kernel/signal.c";
export const JOBCTL = "do_jobctl_trap, kernel/signal.c";
