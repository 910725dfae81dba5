/** arm64's own constants, copied from the kernel's uapi headers. */

import { KERNEL } from "./constants.ts";
import { type Constants, counted, offsets, pairs } from "./tables.ts";

/** The members of struct user_pt_regs (asm/ptrace.h) in their order, a word each. */
const REGISTERS = `
  x0 x1 x2 x3 x4 x5 x6 x7 x8 x9 x10 x11 x12 x13 x14 x15 x16 x17 x18 x19 x20 x21 x22 x23 x24 x25 x26
  x27 x28 x29 x30 sp pc pstate
`;

/** asm/unistd_64.h, 0 to 243. */
const SYSCALLS = `
  io_setup io_destroy io_submit io_cancel io_getevents setxattr lsetxattr fsetxattr getxattr
  lgetxattr fgetxattr listxattr llistxattr flistxattr removexattr lremovexattr fremovexattr getcwd
  lookup_dcookie eventfd2 epoll_create1 epoll_ctl epoll_pwait dup dup3 fcntl inotify_init1
  inotify_add_watch inotify_rm_watch ioctl ioprio_set ioprio_get flock mknodat mkdirat unlinkat
  symlinkat linkat renameat umount2 mount pivot_root nfsservctl statfs fstatfs truncate ftruncate
  fallocate faccessat chdir fchdir chroot fchmod fchmodat fchownat fchown openat close vhangup
  pipe2 quotactl getdents64 lseek read write readv writev pread64 pwrite64 preadv pwritev sendfile
  pselect6 ppoll signalfd4 vmsplice splice tee readlinkat newfstatat fstat sync fsync fdatasync
  sync_file_range timerfd_create timerfd_settime timerfd_gettime utimensat acct capget capset
  personality exit exit_group waitid set_tid_address unshare futex set_robust_list get_robust_list
  nanosleep getitimer setitimer kexec_load init_module delete_module timer_create timer_gettime
  timer_getoverrun timer_settime timer_delete clock_settime clock_gettime clock_getres
  clock_nanosleep syslog ptrace sched_setparam sched_setscheduler sched_getscheduler
  sched_getparam sched_setaffinity sched_getaffinity sched_yield sched_get_priority_max
  sched_get_priority_min sched_rr_get_interval restart_syscall kill tkill tgkill sigaltstack
  rt_sigsuspend rt_sigaction rt_sigprocmask rt_sigpending rt_sigtimedwait rt_sigqueueinfo
  rt_sigreturn setpriority getpriority reboot setregid setgid setreuid setuid setresuid getresuid
  setresgid getresgid setfsuid setfsgid times setpgid getpgid getsid setsid getgroups setgroups
  uname sethostname setdomainname getrlimit setrlimit getrusage umask prctl getcpu gettimeofday
  settimeofday adjtimex getpid getppid getuid geteuid getgid getegid gettid sysinfo mq_open
  mq_unlink mq_timedsend mq_timedreceive mq_notify mq_getsetattr msgget msgctl msgrcv msgsnd
  semget semctl semtimedop semop shmget shmctl shmat shmdt socket socketpair bind listen accept
  connect getsockname getpeername sendto recvfrom setsockopt getsockopt shutdown sendmsg recvmsg
  readahead brk munmap mremap add_key request_key keyctl clone execve mmap fadvise64 swapon
  swapoff mprotect msync mlock munlock mlockall munlockall mincore madvise remap_file_pages mbind
  get_mempolicy set_mempolicy migrate_pages move_pages rt_tgsigqueueinfo perf_event_open accept4
  recvmmsg
`;

/** asm/unistd_64.h, 260 to 294: after the numbers that are reserved for architectures. */
const LATER_SYSCALLS = `
  wait4 prlimit64 fanotify_init fanotify_mark name_to_handle_at open_by_handle_at clock_adjtime
  syncfs setns sendmmsg process_vm_readv process_vm_writev kcmp finit_module sched_setattr
  sched_getattr renameat2 seccomp getrandom memfd_create bpf execveat userfaultfd membarrier
  mlock2 copy_file_range preadv2 pwritev2 pkey_mprotect pkey_alloc pkey_free statx io_pgetevents
  rseq kexec_file_load
`;

// linux/elf-em.h, asm/ptrace.h, linux/audit.h, asm/fcntl.h
const PAIRS = `
  ENCODER_MACHINE 183 REGISTERS_SIZE 272 AUDIT_ARCH_AARCH64 0xc00000b7
  PROT_BTI 0x10 O_DIRECTORY 0o40000 O_NOFOLLOW 0o100000
`;

/** Every constant of the `script` encoder for arm64; `REG_*` are byte offsets. */
export const ARM64: Constants = new Map([
  ...pairs(PAIRS),
  ...offsets(REGISTERS, "REG_"),
  ...counted(SYSCALLS, 0, "SYS_"),
  ...counted(LATER_SYSCALLS, 260, "SYS_"),
  ...KERNEL,
]);
