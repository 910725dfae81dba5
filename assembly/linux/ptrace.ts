// Requests, options and events of ptrace(2) (the kernel's include/uapi/linux/ptrace.h).

export const PTRACE_CONT: i32 = 7;
export const PTRACE_SINGLESTEP: i32 = 9;
export const PTRACE_ATTACH: i32 = 16;
export const PTRACE_DETACH: i32 = 17;
export const PTRACE_SYSCALL: i32 = 24;
export const PTRACE_SYSEMU: i32 = 31;
export const PTRACE_SYSEMU_SINGLESTEP: i32 = 32;
export const PTRACE_SETOPTIONS: i32 = 0x4200;
export const PTRACE_GETEVENTMSG: i32 = 0x4201;
export const PTRACE_GETSIGINFO: i32 = 0x4202;
export const PTRACE_GETREGSET: i32 = 0x4204;
export const PTRACE_SETREGSET: i32 = 0x4205;
export const PTRACE_GET_RSEQ_CONFIGURATION: i32 = 0x420f;

export const PTRACE_O_TRACESYSGOOD: u32 = 0x00000001;
export const PTRACE_O_TRACEFORK: u32 = 0x00000002;
export const PTRACE_O_TRACEVFORK: u32 = 0x00000004;
export const PTRACE_O_TRACECLONE: u32 = 0x00000008;
export const PTRACE_O_TRACEEXEC: u32 = 0x00000010;
export const PTRACE_O_TRACEEXIT: u32 = 0x00000040;
export const PTRACE_O_EXITKILL: u32 = 0x00100000;

export const PTRACE_EVENT_FORK: i32 = 1;
export const PTRACE_EVENT_VFORK: i32 = 2;
export const PTRACE_EVENT_CLONE: i32 = 3;
export const PTRACE_EVENT_EXEC: i32 = 4;
export const PTRACE_EVENT_EXIT: i32 = 6;
export const PTRACE_EVENT_STOP: i32 = 128;
