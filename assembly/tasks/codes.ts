// Numbers of the kernel that no encoder needs (include/uapi/linux/ptrace.h, include/uapi/asm-generic/siginfo.h).

export const PTRACE_TRACEME: u32 = 0;
export const PTRACE_KILL: u32 = 8;
export const PTRACE_SEIZE: u32 = 0x4206;
export const PTRACE_INTERRUPT: u32 = 0x4207;
export const PTRACE_LISTEN: u32 = 0x4208;
export const PTRACE_SETSIGMASK: u32 = 0x420b;

export const PTRACE_EVENT_VFORK_DONE: i32 = 5;

/** All options. */
export const PTRACE_O_MASK: u32 = 0x003000ff;

export const CLD_EXITED: i32 = 1;
export const CLD_KILLED: i32 = 2;
export const CLD_TRAPPED: i32 = 4;
export const CLD_STOPPED: i32 = 5;
export const CLD_CONTINUED: i32 = 6;
