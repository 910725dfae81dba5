// siginfo_t (the kernel's include/uapi/asm-generic/siginfo.h), 128 bytes. After the first three words and
// four bytes of padding comes a union, by signal:
//
//     +0 si_signo  +4 si_errno  +8 si_code
//    +16 si_pid   +20 si_uid                   kill, tgkill, SIGCHLD
//    +16 si_addr                               SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP
//    +16 si_call_addr  +24 si_syscall  +28 si_arch   SIGSYS

export const SIGINFO_SIZE: i32 = 128;
export const SIGINFO_si_signo: i32 = 0;
export const SIGINFO_si_errno: i32 = 4;
export const SIGINFO_si_code: i32 = 8;
export const SIGINFO_si_pid: i32 = 16;
export const SIGINFO_si_uid: i32 = 20;
export const SIGINFO_si_addr: i32 = 16;
export const SIGINFO_si_call_addr: i32 = 16;
export const SIGINFO_si_syscall: i32 = 24;
export const SIGINFO_si_arch: i32 = 28;

// si_code: who sent the signal, or why.
export const SI_USER: i32 = 0;
export const SI_QUEUE: i32 = -1;
export const SI_TKILL: i32 = -6;
export const SI_KERNEL: i32 = 0x80;
export const SEGV_MAPERR: i32 = 1;
export const SEGV_ACCERR: i32 = 2;
export const TRAP_BRKPT: i32 = 1;
export const TRAP_TRACE: i32 = 2;
export const SYS_SECCOMP: i32 = 1;
