// siginfo_t (the kernel's include/uapi/asm-generic/siginfo.h), 128 bytes. The first three words and four bytes of
// padding are followed by a union. Its form depends on the signal and the code:
//
//     +0 si_signo  +4 si_errno  +8 si_code
//
//     +16 si_pid      +20 si_uid                                    KILL   kill, tgkill, the kernel
//     +16 si_timerid  +20 si_overrun +24 si_value (u64)             TIMER  a POSIX timer
//     +16 si_band (u64)              +24 si_fd                      POLL   a file is ready
//     +16 si_addr (u64)                                             FAULT  SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV
//     +16 si_pid      +20 si_uid     +24 si_status                  CHLD   SIGCHLD
//     +16 si_pid      +20 si_uid     +24 si_value (u64)             RT     sigqueue
//     +16 si_call_addr (u64)         +24 si_syscall    +28 si_arch  SYS    SIGSYS

import { SIGBUS, SIGCHLD, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP } from "./signal";

@unmanaged
class Siginfo {
  si_signo: i32;
  si_errno: i32;
  si_code: i32;
  padding: i32;
}

@unmanaged
class Kill extends Siginfo {
  si_pid: u32;
  si_uid: u32;
}

@unmanaged
class Timer extends Siginfo {
  si_timerid: u32;
  si_overrun: u32;
  si_value: u64;
}

@unmanaged
class Poll extends Siginfo {
  si_band: u64;
  si_fd: u32;
}

@unmanaged
class Fault extends Siginfo {
  si_addr: u64;
}

@unmanaged
class Child extends Kill {
  si_status: u32;
}

@unmanaged
class Queued extends Kill {
  si_value: u64;
}

@unmanaged
class Sys extends Siginfo {
  si_call_addr: u64;
  si_syscall: u32;
  si_arch: u32;
}

export const SIGINFO_SIZE: i32 = 128;
export const SIGINFO_si_signo: i32 = offsetof<Siginfo>("si_signo");
export const SIGINFO_si_errno: i32 = offsetof<Siginfo>("si_errno");
export const SIGINFO_si_code: i32 = offsetof<Siginfo>("si_code");
export const SIGINFO_si_pid: i32 = offsetof<Kill>("si_pid");
export const SIGINFO_si_uid: i32 = offsetof<Kill>("si_uid");
export const SIGINFO_si_timerid: i32 = offsetof<Timer>("si_timerid");
export const SIGINFO_si_overrun: i32 = offsetof<Timer>("si_overrun");
export const SIGINFO_si_value: i32 = offsetof<Queued>("si_value");
export const SIGINFO_si_band: i32 = offsetof<Poll>("si_band");
export const SIGINFO_si_fd: i32 = offsetof<Poll>("si_fd");
export const SIGINFO_si_addr: i32 = offsetof<Fault>("si_addr");
export const SIGINFO_si_status: i32 = offsetof<Child>("si_status");
export const SIGINFO_si_call_addr: i32 = offsetof<Sys>("si_call_addr");
export const SIGINFO_si_syscall: i32 = offsetof<Sys>("si_syscall");
export const SIGINFO_si_arch: i32 = offsetof<Sys>("si_arch");

// The forms of the union.
export const SIGINFO_KILL: i32 = 0;
export const SIGINFO_TIMER: i32 = 1;
export const SIGINFO_POLL: i32 = 2;
export const SIGINFO_FAULT: i32 = 3;
export const SIGINFO_CHLD: i32 = 4;
export const SIGINFO_RT: i32 = 5;
export const SIGINFO_SYS: i32 = 6;

// si_code: the source of the signal, or the reason.
export const SI_USER: i32 = 0;
export const SI_QUEUE: i32 = -1;
export const SI_TIMER: i32 = -2;
export const SI_MESGQ: i32 = -3;
export const SI_ASYNCIO: i32 = -4;
export const SI_SIGIO: i32 = -5;
export const SI_TKILL: i32 = -6;
export const SI_DETHREAD: i32 = -7;
export const SI_ASYNCNL: i32 = -60;
export const SI_KERNEL: i32 = 0x80;
export const SEGV_MAPERR: i32 = 1;
export const SEGV_ACCERR: i32 = 2;
export const TRAP_BRKPT: i32 = 1;
export const TRAP_TRACE: i32 = 2;
export const SYS_SECCOMP: i32 = 1;

// The last of a signal's own codes, which begin at 1.
const NSIGILL: i32 = 11;
const NSIGFPE: i32 = 15;
const NSIGSEGV: i32 = 10;
const NSIGBUS: i32 = 5;
const NSIGTRAP: i32 = 6;
const NSIGCHLD: i32 = 6;
const NSIGPOLL: i32 = 6;
const NSIGSYS: i32 = 2;

/** The form of the union, a SIGINFO_* (siginfo_layout in the kernel's kernel/signal.c). */
export function siginfoForm(signal: i32, code: i32): i32 {
  if (code < 0) {
    if (code == SI_TIMER) return SIGINFO_TIMER;
    return code == SI_SIGIO ? SIGINFO_POLL : SIGINFO_RT;
  }
  return code == SI_USER || code >= SI_KERNEL ? SIGINFO_KILL : ownForm(signal, code);
}

/** The same for a code between SI_USER and SI_KERNEL: the signal's own, or one of SIGPOLL. */
function ownForm(signal: i32, code: i32): i32 {
  switch (signal) {
    case SIGILL:
      return fitting(code, NSIGILL, SIGINFO_FAULT);
    case SIGTRAP:
      return fitting(code, NSIGTRAP, SIGINFO_FAULT);
    case SIGBUS:
      return fitting(code, NSIGBUS, SIGINFO_FAULT);
    case SIGFPE:
      return fitting(code, NSIGFPE, SIGINFO_FAULT);
    case SIGSEGV:
      return fitting(code, NSIGSEGV, SIGINFO_FAULT);
    case SIGCHLD:
      return fitting(code, NSIGCHLD, SIGINFO_CHLD);
    case SIGSYS:
      return fitting(code, NSIGSYS, SIGINFO_SYS);
    default:
      return fitting(code, NSIGPOLL, SIGINFO_POLL);
  }
}

/** `form` up to the signal's last code; any signal may have the codes of SIGPOLL (fcntl's F_SETSIG). */
function fitting(code: i32, last: i32, form: i32): i32 {
  if (code <= last) return form;
  return code <= NSIGPOLL ? SIGINFO_POLL : SIGINFO_KILL;
}

/**
 * Writes a siginfo_t to `at`: zero except for the signal, the code and the members of its form, which take
 * `first`, `second` and `third` in the order of their offsets.
 *
 * @returns the form.
 */
export function encodeSiginfo(
  at: usize,
  signal: i32,
  code: i32,
  first: u64,
  second: u64,
  third: u64,
): i32 {
  memory.fill(at, 0, SIGINFO_SIZE);
  const siginfo = changetype<Siginfo>(at);
  siginfo.si_signo = signal;
  siginfo.si_code = code;
  const form = siginfoForm(signal, code);
  encodeUnion(at, form, first, second, third);
  return form;
}

function encodeUnion(at: usize, form: i32, first: u64, second: u64, third: u64): void {
  switch (form) {
    case SIGINFO_TIMER:
      changetype<Timer>(at).si_timerid = u32(first);
      changetype<Timer>(at).si_overrun = u32(second);
      changetype<Timer>(at).si_value = third;
      break;
    case SIGINFO_POLL:
      changetype<Poll>(at).si_band = first;
      changetype<Poll>(at).si_fd = u32(second);
      break;
    case SIGINFO_FAULT:
      changetype<Fault>(at).si_addr = first;
      break;
    case SIGINFO_SYS:
      changetype<Sys>(at).si_call_addr = first;
      changetype<Sys>(at).si_syscall = u32(second);
      changetype<Sys>(at).si_arch = u32(third);
      break;
    default:
      changetype<Kill>(at).si_pid = u32(first);
      changetype<Kill>(at).si_uid = u32(second);
      if (form == SIGINFO_CHLD) changetype<Child>(at).si_status = u32(third);
      if (form == SIGINFO_RT) changetype<Queued>(at).si_value = third;
  }
}
