/**
 * The constants of the `script` encoder: x86-64 values, copied from the kernel's uapi headers into
 * text tables. Everything that script.ts computes with is looked up here.
 */

/** The members of struct user_regs_struct (sys/user.h) in order, one 64-bit word each. */
const REGISTERS = `
  r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss
  fs_base gs_base ds es fs gs
`;

const WAIT_KINDS = `
  WAIT_EXITED WAIT_SIGNALED WAIT_STOPPED WAIT_SYSCALL_STOP WAIT_EVENT WAIT_GROUP_STOP WAIT_CONTINUED
`;

/** asm/unistd_64.h, 0 to 335. */
const SYSCALLS = `
  read write open close stat fstat lstat poll lseek mmap mprotect munmap brk rt_sigaction
  rt_sigprocmask rt_sigreturn ioctl pread64 pwrite64 readv writev access pipe select sched_yield
  mremap msync mincore madvise shmget shmat shmctl dup dup2 pause nanosleep getitimer alarm
  setitimer getpid sendfile socket connect accept sendto recvfrom sendmsg recvmsg shutdown bind
  listen getsockname getpeername socketpair setsockopt getsockopt clone fork vfork execve exit
  wait4 kill uname semget semop semctl shmdt msgget msgsnd msgrcv msgctl fcntl flock fsync
  fdatasync truncate ftruncate getdents getcwd chdir fchdir rename mkdir rmdir creat link unlink
  symlink readlink chmod fchmod chown fchown lchown umask gettimeofday getrlimit getrusage sysinfo
  times ptrace getuid syslog getgid setuid setgid geteuid getegid setpgid getppid getpgrp setsid
  setreuid setregid getgroups setgroups setresuid getresuid setresgid getresgid getpgid setfsuid
  setfsgid getsid capget capset rt_sigpending rt_sigtimedwait rt_sigqueueinfo rt_sigsuspend
  sigaltstack utime mknod uselib personality ustat statfs fstatfs sysfs getpriority setpriority
  sched_setparam sched_getparam sched_setscheduler sched_getscheduler sched_get_priority_max
  sched_get_priority_min sched_rr_get_interval mlock munlock mlockall munlockall vhangup
  modify_ldt pivot_root _sysctl prctl arch_prctl adjtimex setrlimit chroot sync acct settimeofday
  mount umount2 swapon swapoff reboot sethostname setdomainname iopl ioperm create_module
  init_module delete_module get_kernel_syms query_module quotactl nfsservctl getpmsg putpmsg
  afs_syscall tuxcall security gettid readahead setxattr lsetxattr fsetxattr getxattr lgetxattr
  fgetxattr listxattr llistxattr flistxattr removexattr lremovexattr fremovexattr tkill time futex
  sched_setaffinity sched_getaffinity set_thread_area io_setup io_destroy io_getevents io_submit
  io_cancel get_thread_area lookup_dcookie epoll_create epoll_ctl_old epoll_wait_old
  remap_file_pages getdents64 set_tid_address restart_syscall semtimedop fadvise64 timer_create
  timer_settime timer_gettime timer_getoverrun timer_delete clock_settime clock_gettime
  clock_getres clock_nanosleep exit_group epoll_wait epoll_ctl tgkill utimes vserver mbind
  set_mempolicy get_mempolicy mq_open mq_unlink mq_timedsend mq_timedreceive mq_notify
  mq_getsetattr kexec_load waitid add_key request_key keyctl ioprio_set ioprio_get inotify_init
  inotify_add_watch inotify_rm_watch migrate_pages openat mkdirat mknodat fchownat futimesat
  newfstatat unlinkat renameat linkat symlinkat readlinkat fchmodat faccessat pselect6 ppoll
  unshare set_robust_list get_robust_list splice tee sync_file_range vmsplice move_pages utimensat
  epoll_pwait signalfd timerfd_create eventfd fallocate timerfd_settime timerfd_gettime accept4
  signalfd4 eventfd2 epoll_create1 dup3 pipe2 inotify_init1 preadv pwritev rt_tgsigqueueinfo
  perf_event_open recvmmsg fanotify_init fanotify_mark prlimit64 name_to_handle_at
  open_by_handle_at clock_adjtime syncfs sendmmsg setns getcpu process_vm_readv process_vm_writev
  kcmp finit_module sched_setattr sched_getattr renameat2 seccomp getrandom memfd_create
  kexec_file_load bpf execveat userfaultfd membarrier mlock2 copy_file_range preadv2 pwritev2
  pkey_mprotect pkey_alloc pkey_free statx io_pgetevents rseq uretprobe
`;

/** asm/unistd_64.h after its gap: the numbers from 424 on are those of every architecture. */
const UNIFIED_SYSCALLS = `
  pidfd_send_signal io_uring_setup io_uring_enter io_uring_register open_tree move_mount fsopen
  fsconfig fsmount fspick pidfd_open clone3 close_range openat2 pidfd_getfd faccessat2
  process_madvise epoll_pwait2 mount_setattr quotactl_fd landlock_create_ruleset landlock_add_rule
  landlock_restrict_self memfd_secret process_mrelease futex_waitv set_mempolicy_home_node
  cachestat fchmodat2 map_shadow_stack futex_wake futex_wait futex_requeue statmount listmount
  lsm_get_self_attr lsm_set_self_attr lsm_list_modules mseal
`;

/** linux/sched.h: bit 8, the first above CSIGNAL, to bit 31. */
const CLONE_FLAGS = `
  CLONE_VM CLONE_FS CLONE_FILES CLONE_SIGHAND CLONE_PIDFD CLONE_PTRACE CLONE_VFORK CLONE_PARENT
  CLONE_THREAD CLONE_NEWNS CLONE_SYSVSEM CLONE_SETTLS CLONE_PARENT_SETTID CLONE_CHILD_CLEARTID
  CLONE_DETACHED CLONE_UNTRACED CLONE_CHILD_SETTID CLONE_NEWCGROUP CLONE_NEWUTS CLONE_NEWIPC
  CLONE_NEWUSER CLONE_NEWPID CLONE_NEWNET CLONE_IO
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

/** Not in uapi (include/linux/errno.h): a tracer sees them where a call was interrupted. */
const KERNEL_ERRNOS = `
  ERESTARTSYS ERESTARTNOINTR ERESTARTNOHAND ENOIOCTLCMD ERESTART_RESTARTBLOCK
`;

/** What follows no rule, as pairs of name and value in the base that the header uses. */
const PAIRS = [
  "ENCODER_ABI 1 REGISTERS_SIZE 216 CSIGNAL 0xff SIGRTMAX 64",
  // linux/wait.h
  `WNOHANG 0x1 WUNTRACED 0x2 WSTOPPED 0x2 WEXITED 0x4 WCONTINUED 0x8 WNOWAIT 0x01000000
   __WNOTHREAD 0x20000000 __WALL 0x40000000 __WCLONE 0x80000000`,
  // linux/ptrace.h, asm/ptrace-abi.h
  `PTRACE_CONT 7 PTRACE_SINGLESTEP 9 PTRACE_GETREGS 12 PTRACE_SETREGS 13 PTRACE_ATTACH 16
   PTRACE_DETACH 17 PTRACE_SYSCALL 24 PTRACE_SYSEMU 31 PTRACE_SYSEMU_SINGLESTEP 32
   PTRACE_SETOPTIONS 0x4200 PTRACE_GETEVENTMSG 0x4201 PTRACE_GETSIGINFO 0x4202
   PTRACE_GETREGSET 0x4204 PTRACE_SETREGSET 0x4205 PTRACE_GET_RSEQ_CONFIGURATION 0x420f
   PTRACE_O_TRACESYSGOOD 0x1 PTRACE_O_TRACEFORK 0x2 PTRACE_O_TRACEVFORK 0x4
   PTRACE_O_TRACECLONE 0x8 PTRACE_O_TRACEEXEC 0x10 PTRACE_O_TRACEEXIT 0x40
   PTRACE_O_EXITKILL 0x100000
   PTRACE_EVENT_FORK 1 PTRACE_EVENT_VFORK 2 PTRACE_EVENT_CLONE 3 PTRACE_EVENT_EXEC 4
   PTRACE_EVENT_EXIT 6 PTRACE_EVENT_STOP 128`,
  // asm-generic/mman-common.h, asm-generic/mman.h, asm/mman.h, linux/mman.h
  `PROT_NONE 0x0 PROT_READ 0x1 PROT_WRITE 0x2 PROT_EXEC 0x4
   PROT_GROWSDOWN 0x01000000 PROT_GROWSUP 0x02000000
   MAP_SHARED 0x01 MAP_PRIVATE 0x02 MAP_SHARED_VALIDATE 0x03 MAP_FIXED 0x10 MAP_ANONYMOUS 0x20
   MAP_32BIT 0x40 MAP_GROWSDOWN 0x0100 MAP_DENYWRITE 0x0800 MAP_EXECUTABLE 0x1000
   MAP_LOCKED 0x2000 MAP_NORESERVE 0x4000 MAP_POPULATE 0x008000 MAP_NONBLOCK 0x010000
   MAP_STACK 0x020000 MAP_HUGETLB 0x040000 MAP_SYNC 0x080000 MAP_FIXED_NOREPLACE 0x100000
   MREMAP_MAYMOVE 1 MREMAP_FIXED 2 MREMAP_DONTUNMAP 4
   MADV_NORMAL 0 MADV_WILLNEED 3 MADV_DONTNEED 4 MADV_FREE 8 MADV_HUGEPAGE 14 MADV_NOHUGEPAGE 15
   MS_ASYNC 1 MS_INVALIDATE 2 MS_SYNC 4`,
  // asm-generic/fcntl.h, linux/fcntl.h
  `O_RDONLY 0o0 O_WRONLY 0o1 O_RDWR 0o2 O_CREAT 0o100 O_EXCL 0o200 O_NOCTTY 0o400
   O_TRUNC 0o1000 O_APPEND 0o2000 O_NONBLOCK 0o4000 O_DIRECTORY 0o200000 O_NOFOLLOW 0o400000
   O_CLOEXEC 0o2000000 O_PATH 0o10000000
   AT_FDCWD -100 AT_SYMLINK_NOFOLLOW 0x100 AT_REMOVEDIR 0x200 AT_EMPTY_PATH 0x1000
   F_DUPFD 0 F_GETFD 1 F_SETFD 2 F_GETFL 3 F_SETFL 4 FD_CLOEXEC 1`,
  // linux/fs.h, linux/memfd.h
  "SEEK_SET 0 SEEK_CUR 1 SEEK_END 2 MFD_CLOEXEC 0x1 MFD_ALLOW_SEALING 0x2",
  // linux/prctl.h
  `PR_SET_PDEATHSIG 1 PR_GET_PDEATHSIG 2 PR_GET_DUMPABLE 3 PR_SET_DUMPABLE 4 PR_SET_NAME 15
   PR_GET_NAME 16 PR_SET_SECCOMP 22 PR_SET_CHILD_SUBREAPER 36 PR_GET_CHILD_SUBREAPER 37
   PR_SET_NO_NEW_PRIVS 38 PR_GET_NO_NEW_PRIVS 39`,
  // linux/seccomp.h, linux/audit.h
  `SECCOMP_SET_MODE_STRICT 0 SECCOMP_SET_MODE_FILTER 1 SECCOMP_GET_ACTION_AVAIL 2
   SECCOMP_RET_KILL_PROCESS 0x80000000 SECCOMP_RET_TRAP 0x00030000 SECCOMP_RET_ALLOW 0x7fff0000
   AUDIT_ARCH_X86_64 0xc000003e`,
  // asm/processor-flags.h, linux/elf.h
  "X86_EFLAGS_TF 0x100 NT_X86_XSTATE 0x202",
  // The FXSAVE region, the XSAVE header, and the extended region (Intel's manual, volume 1, 13.4)
  `XSTATE_FCW 0 XSTATE_MXCSR 24 XSTATE_REGISTERS 32 XSTATE_REGISTERS_END 416 XSTATE_XCR0 464
   XSTATE_BV 512 XSTATE_EXTENDED 576 FCW_INITIAL 0x37f MXCSR_INITIAL 0x1f80
   XFEATURE_FP 1 XFEATURE_SSE 2 XFEATURE_YMM 4`,
  // asm-generic/siginfo.h: the members of siginfo_t by byte offset, in a union from si_pid on. SYS_SECCOMP
  // is the si_code of a SIGSYS, and no system call.
  `SIGINFO_SIZE 128 SIGINFO_si_signo 0 SIGINFO_si_errno 4 SIGINFO_si_code 8 SIGINFO_si_pid 16
   SIGINFO_si_uid 20 SIGINFO_si_addr 16 SIGINFO_si_call_addr 16 SIGINFO_si_syscall 24
   SIGINFO_si_arch 28
   SI_USER 0 SI_QUEUE -1 SI_TKILL -6 SI_KERNEL 0x80 SEGV_MAPERR 1 SEGV_ACCERR 2
   TRAP_BRKPT 1 TRAP_TRACE 2 SYS_SECCOMP 1`,
  // CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_PTRACE | CLONE_THREAD
  "STUB_THREAD_FLAGS 0x12f00",
  // linux/time.h
  `CLOCK_REALTIME 0 CLOCK_MONOTONIC 1 CLOCK_PROCESS_CPUTIME_ID 2 CLOCK_THREAD_CPUTIME_ID 3`,
].join(" ");

function words(table: string): string[] {
  return table.trim().split(/\s+/);
}

/** Numbers the names of `table` from `first` on; a "-" only counts. */
function* counted(table: string, first: number, prefix = ""): Generator<[string, bigint]> {
  for (const [index, name] of words(table).entries()) {
    if (name !== "-") yield [prefix + name, BigInt(first + index)];
  }
}

/** The byte offset of each register. */
function* offsets(): Generator<[string, bigint]> {
  for (const [name, index] of counted(REGISTERS, 0, "REG_")) yield [name, 8n * index];
}

/** One bit for each name of `table`, from bit `first` up. */
function* bits(table: string, first: number): Generator<[string, bigint]> {
  for (const [name, bit] of counted(table, first)) yield [name, 1n << bit];
}

/** BigInt() reads the hex, octal and decimal of the table. */
function* pairs(table: string): Generator<[string, bigint]> {
  for (const [, name, value] of table.matchAll(/(\w+)\s+(\S+)/g)) {
    if (name !== undefined && value !== undefined) yield [name, BigInt(value)];
  }
}

/** Every constant of the `script` encoder, under the kernel's name; `REG_*` are byte offsets. */
export const CONSTANTS: ReadonlyMap<string, bigint> = new Map([
  ...pairs(PAIRS),
  ...offsets(),
  ...counted(WAIT_KINDS, 0),
  ...counted(SYSCALLS, 0, "SYS_"),
  ...counted(UNIFIED_SYSCALLS, 424, "SYS_"),
  ...bits(CLONE_FLAGS, 8),
  ...counted(SIGNALS, 1),
  ...counted(ERRNOS, 1),
  ...counted(KERNEL_ERRNOS, 512),
]);

/**
 * The value of a constant of the table.
 *
 * @throws ReferenceError where the table has no such name
 */
export function constant(name: string): bigint {
  const value = CONSTANTS.get(name);
  if (value === undefined) throw new ReferenceError(`no constant ${name}`);
  return value;
}
