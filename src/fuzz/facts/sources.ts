/* Places in the kernel that several groups of facts name. */

const PTRACE = "arch/x86/kernel/ptrace.c";
export const PUTREG = `putreg, ${PTRACE}`;
export const GENREGS_SET = `genregs_set, ${PTRACE}`;
export const SET_SEGMENT_REG = `set_segment_reg, ${PTRACE}`;
export const ARCH_PTRACE = `arch_ptrace, ${PTRACE}`;
export const SET_DEBUGREG = `ptrace_set_debugreg, ${PTRACE}`;
export const REGSET = "ptrace_regset, kernel/ptrace.c";
export const REQUEST = "ptrace_request, kernel/ptrace.c";
