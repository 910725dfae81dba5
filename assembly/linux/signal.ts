// Signals of x86-64 and arm64 (<asm/signal.h>) and the kernel's signal set: bit n - 1 of a 64-bit word
// is signal n.

export const SIGHUP: i32 = 1;
export const SIGINT: i32 = 2;
export const SIGQUIT: i32 = 3;
export const SIGILL: i32 = 4;
export const SIGTRAP: i32 = 5;
export const SIGABRT: i32 = 6;
export const SIGBUS: i32 = 7;
export const SIGFPE: i32 = 8;
export const SIGKILL: i32 = 9;
export const SIGUSR1: i32 = 10;
export const SIGSEGV: i32 = 11;
export const SIGUSR2: i32 = 12;
export const SIGPIPE: i32 = 13;
export const SIGALRM: i32 = 14;
export const SIGTERM: i32 = 15;
export const SIGSTKFLT: i32 = 16;
export const SIGCHLD: i32 = 17;
export const SIGCONT: i32 = 18;
export const SIGSTOP: i32 = 19;
export const SIGTSTP: i32 = 20;
export const SIGTTIN: i32 = 21;
export const SIGTTOU: i32 = 22;
export const SIGURG: i32 = 23;
export const SIGXCPU: i32 = 24;
export const SIGXFSZ: i32 = 25;
export const SIGVTALRM: i32 = 26;
export const SIGPROF: i32 = 27;
export const SIGWINCH: i32 = 28;
export const SIGIO: i32 = 29;
export const SIGPWR: i32 = 30;
export const SIGSYS: i32 = 31;
export const SIGRTMIN: i32 = 32;
export const SIGRTMAX: i32 = 64;

/** The set of one signal; 0 if there is no such signal. */
export function signalSet(signal: i32): u64 {
  return signal < 1 || signal > SIGRTMAX ? 0 : u64(1) << (signal - 1);
}

/** The signals of `set` that can be blocked: the kernel drops SIGKILL and SIGSTOP from every mask. */
export function blockableSignals(set: u64): u64 {
  return set & ~(signalSet(SIGKILL) | signalSet(SIGSTOP));
}
