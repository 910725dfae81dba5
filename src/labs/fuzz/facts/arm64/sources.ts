/* Places in the kernel that several groups of facts name. */

export const PTRACE = "arch/arm64/kernel/ptrace.c";
export const REPORT_SYSCALL = `report_syscall, ${PTRACE}`;
export const SYSCALL_ENTER = `syscall_trace_enter, ${PTRACE}`;
export const SVC = "el0_svc_common, arch/arm64/kernel/syscall.c";
export const DO_SIGNAL = "do_signal, arch/arm64/kernel/signal.c";
export const SINGLE_STEP = "single_step_handler, arch/arm64/kernel/debug-monitors.c";
