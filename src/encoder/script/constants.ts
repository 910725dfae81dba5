/**
 * The constants that have the same value on every architecture, copied from the kernel's uapi headers into text tables.
 * The functions of the `script` encoder use no other constants.
 */

import { bits, type Constants, counted, numberIn, offsets, pairs, valueIn } from "./tables.ts";

const WAIT_KINDS = `
  WAIT_EXITED WAIT_SIGNALED WAIT_STOPPED WAIT_SYSCALL_STOP WAIT_EVENT WAIT_GROUP_STOP WAIT_CONTINUED
`;

const SIGINFO_FORMS = `
  SIGINFO_KILL SIGINFO_TIMER SIGINFO_POLL SIGINFO_FAULT SIGINFO_CHLD SIGINFO_RT SIGINFO_SYS
`;

/** asm/unistd_64.h, from 424 on: these numbers are the same on every architecture. */
const SYSCALLS = `
  pidfd_send_signal io_uring_setup io_uring_enter io_uring_register open_tree move_mount fsopen
  fsconfig fsmount fspick pidfd_open clone3 close_range openat2 pidfd_getfd faccessat2
  process_madvise epoll_pwait2 mount_setattr quotactl_fd landlock_create_ruleset landlock_add_rule
  landlock_restrict_self memfd_secret process_mrelease futex_waitv set_mempolicy_home_node
  cachestat fchmodat2 map_shadow_stack futex_wake futex_wait futex_requeue statmount listmount
  lsm_get_self_attr lsm_set_self_attr lsm_list_modules mseal
`;

/** linux/sched.h, from bit 8, the first above CSIGNAL; only clone3 has the flags from bit 32 on. */
const CLONE_FLAGS = `
  CLONE_VM CLONE_FS CLONE_FILES CLONE_SIGHAND CLONE_PIDFD CLONE_PTRACE CLONE_VFORK CLONE_PARENT
  CLONE_THREAD CLONE_NEWNS CLONE_SYSVSEM CLONE_SETTLS CLONE_PARENT_SETTID CLONE_CHILD_CLEARTID
  CLONE_DETACHED CLONE_UNTRACED CLONE_CHILD_SETTID CLONE_NEWCGROUP CLONE_NEWUTS CLONE_NEWIPC
  CLONE_NEWUSER CLONE_NEWPID CLONE_NEWNET CLONE_IO
  CLONE_CLEAR_SIGHAND CLONE_INTO_CGROUP
`;

/** The members of struct clone_args (linux/sched.h) in their order, a word each. */
const CLONE_ARGS = `
  flags pidfd child_tid parent_tid exit_signal stack stack_size tls set_tid set_tid_size cgroup SIZE
`;

/** asm/signal.h, from 1. */
const SIGNALS = `
  SIGHUP SIGINT SIGQUIT SIGILL SIGTRAP SIGABRT SIGBUS SIGFPE SIGKILL SIGUSR1 SIGSEGV SIGUSR2 SIGPIPE
  SIGALRM SIGTERM SIGSTKFLT SIGCHLD SIGCONT SIGSTOP SIGTSTP SIGTTIN SIGTTOU SIGURG SIGXCPU SIGXFSZ
  SIGVTALRM SIGPROF SIGWINCH SIGIO SIGPWR SIGSYS SIGRTMIN
`;

/** asm-generic/errno-base.h and errno.h, from 1; 41 and 58 name only aliases. */
const ERRNOS = `
  EPERM ENOENT ESRCH EINTR EIO ENXIO E2BIG ENOEXEC EBADF ECHILD EAGAIN ENOMEM EACCES EFAULT ENOTBLK
  EBUSY EEXIST EXDEV ENODEV ENOTDIR EISDIR EINVAL ENFILE EMFILE ENOTTY ETXTBSY EFBIG ENOSPC ESPIPE
  EROFS EMLINK EPIPE EDOM ERANGE EDEADLK ENAMETOOLONG ENOLCK ENOSYS ENOTEMPTY ELOOP - ENOMSG EIDRM
  ECHRNG EL2NSYNC EL3HLT EL3RST ELNRNG EUNATCH ENOCSI EL2HLT EBADE EBADR EXFULL ENOANO EBADRQC
  EBADSLT - EBFONT ENOSTR ENODATA ETIME ENOSR ENONET ENOPKG EREMOTE ENOLINK EADV ESRMNT ECOMM EPROTO
  EMULTIHOP EDOTDOT EBADMSG EOVERFLOW ENOTUNIQ EBADFD EREMCHG ELIBACC ELIBBAD ELIBSCN ELIBMAX
  ELIBEXEC EILSEQ ERESTART ESTRPIPE EUSERS ENOTSOCK EDESTADDRREQ EMSGSIZE EPROTOTYPE ENOPROTOOPT
  EPROTONOSUPPORT ESOCKTNOSUPPORT EOPNOTSUPP EPFNOSUPPORT EAFNOSUPPORT EADDRINUSE EADDRNOTAVAIL
  ENETDOWN ENETUNREACH ENETRESET ECONNABORTED ECONNRESET ENOBUFS EISCONN ENOTCONN ESHUTDOWN
  ETOOMANYREFS ETIMEDOUT ECONNREFUSED EHOSTDOWN EHOSTUNREACH EALREADY EINPROGRESS ESTALE EUCLEAN
  ENOTNAM ENAVAIL EISNAM EREMOTEIO EDQUOT ENOMEDIUM EMEDIUMTYPE ECANCELED ENOKEY EKEYEXPIRED
  EKEYREVOKED EKEYREJECTED EOWNERDEAD ENOTRECOVERABLE ERFKILL EHWPOISON
`;

/** include/linux/errno.h, not in uapi: only a tracer sees them, after an interrupted call. */
const KERNEL_ERRNOS = `
  ERESTARTSYS ERESTARTNOINTR ERESTARTNOHAND ENOIOCTLCMD ERESTART_RESTARTBLOCK
`;

/** All other constants, as pairs of a name and a value in the base that the header uses. */
const PAIRS = [
  "ENCODER_ABI 2 CSIGNAL 0xff SIGRTMAX 64",
  // linux/wait.h
  `WNOHANG 0x1 WUNTRACED 0x2 WSTOPPED 0x2 WEXITED 0x4 WCONTINUED 0x8 WNOWAIT 0x01000000
   __WNOTHREAD 0x20000000 __WALL 0x40000000 __WCLONE 0x80000000`,
  // linux/ptrace.h; the last two are in asm/ptrace.h, with one value
  `PTRACE_CONT 7 PTRACE_SINGLESTEP 9 PTRACE_ATTACH 16 PTRACE_DETACH 17 PTRACE_SYSCALL 24
   PTRACE_SETOPTIONS 0x4200 PTRACE_GETEVENTMSG 0x4201 PTRACE_GETSIGINFO 0x4202
   PTRACE_GETREGSET 0x4204 PTRACE_SETREGSET 0x4205 PTRACE_GET_RSEQ_CONFIGURATION 0x420f
   PTRACE_O_TRACESYSGOOD 0x1 PTRACE_O_TRACEFORK 0x2 PTRACE_O_TRACEVFORK 0x4
   PTRACE_O_TRACECLONE 0x8 PTRACE_O_TRACEEXEC 0x10 PTRACE_O_TRACEEXIT 0x40
   PTRACE_O_EXITKILL 0x100000
   PTRACE_EVENT_FORK 1 PTRACE_EVENT_VFORK 2 PTRACE_EVENT_CLONE 3 PTRACE_EVENT_EXEC 4
   PTRACE_EVENT_EXIT 6 PTRACE_EVENT_STOP 128
   PTRACE_SYSEMU 31 PTRACE_SYSEMU_SINGLESTEP 32`,
  // linux/prctl.h
  `PR_SET_PDEATHSIG 1 PR_GET_PDEATHSIG 2 PR_GET_DUMPABLE 3 PR_SET_DUMPABLE 4 PR_SET_NAME 15
   PR_GET_NAME 16 PR_SET_SECCOMP 22 PR_SET_CHILD_SUBREAPER 36 PR_GET_CHILD_SUBREAPER 37
   PR_SET_NO_NEW_PRIVS 38 PR_GET_NO_NEW_PRIVS 39`,
  // linux/seccomp.h, linux/fcntl.h
  `SECCOMP_SET_MODE_STRICT 0 SECCOMP_SET_MODE_FILTER 1 SECCOMP_GET_ACTION_AVAIL 2
   SECCOMP_RET_KILL_PROCESS 0x80000000 SECCOMP_RET_TRAP 0x00030000 SECCOMP_RET_ALLOW 0x7fff0000
   AT_EMPTY_PATH 0x1000`,
  // asm-generic/siginfo.h: the members of siginfo_t by byte offset, in a union from 16 on
  `SIGINFO_SIZE 128 SIGINFO_si_signo 0 SIGINFO_si_errno 4 SIGINFO_si_code 8
   SIGINFO_si_pid 16 SIGINFO_si_uid 20 SIGINFO_si_status 24 SIGINFO_si_value 24
   SIGINFO_si_timerid 16 SIGINFO_si_overrun 20 SIGINFO_si_band 16 SIGINFO_si_fd 24
   SIGINFO_si_addr 16 SIGINFO_si_call_addr 16 SIGINFO_si_syscall 24 SIGINFO_si_arch 28`,
  // The same header: si_code. SYS_SECCOMP is a code of SIGSYS, not a system call.
  `SI_USER 0 SI_KERNEL 0x80 SI_QUEUE -1 SI_TIMER -2 SI_MESGQ -3 SI_ASYNCIO -4 SI_SIGIO -5
   SI_TKILL -6 SI_DETHREAD -7 SI_ASYNCNL -60
   SEGV_MAPERR 1 SEGV_ACCERR 2 TRAP_BRKPT 1 TRAP_TRACE 2 SYS_SECCOMP 1`,
  // CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_PTRACE | CLONE_THREAD
  "STUB_THREAD_FLAGS 0x12f00",
];

/** The constants of every architecture. */
export const KERNEL: Constants = new Map([
  ...pairs(...PAIRS),
  ...counted(WAIT_KINDS, 0),
  ...counted(SIGINFO_FORMS, 0),
  ...counted(SYSCALLS, 424, "SYS_"),
  ...bits(CLONE_FLAGS, 8),
  ...offsets(CLONE_ARGS, "CLONE3_"),
  ...counted(SIGNALS, 1),
  ...counted(ERRNOS, 1),
  ...counted(KERNEL_ERRNOS, 512),
]);

/** The value of such a constant. @throws ReferenceError */
export function constant(name: string): bigint {
  return valueIn(KERNEL, name);
}

/** The same as a Number. */
export function number(name: string): number {
  return numberIn(KERNEL, name);
}

/** The union of the flags of these names. */
export function union(...names: string[]): bigint {
  return names.reduce((set, name) => set | constant(name), 0n);
}
