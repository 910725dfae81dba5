/** x86-64's own constants, copied from the kernel's uapi headers. */

import { KERNEL } from "./constants.ts";
import { type Constants, counted, offsets, pairs } from "./tables.ts";

/** The members of struct user_regs_struct (sys/user.h) in their order, a word each. */
const REGISTERS = `
  r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss
  fs_base gs_base ds es fs gs
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

const PAIRS = [
  // linux/elf-em.h, linux/audit.h, asm/processor-flags.h, linux/elf.h
  `ENCODER_MACHINE 62 REGISTERS_SIZE 216 AUDIT_ARCH_X86_64 0xc000003e
   X86_EFLAGS_TF 0x100 NT_X86_XSTATE 0x202`,
  // asm/ptrace-abi.h
  "PTRACE_GETREGS 12 PTRACE_SETREGS 13",
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
   AT_FDCWD -100 AT_SYMLINK_NOFOLLOW 0x100 AT_REMOVEDIR 0x200
   F_DUPFD 0 F_GETFD 1 F_SETFD 2 F_GETFL 3 F_SETFL 4 FD_CLOEXEC 1`,
  // linux/fs.h, linux/memfd.h, linux/time.h
  `SEEK_SET 0 SEEK_CUR 1 SEEK_END 2 MFD_CLOEXEC 0x1 MFD_ALLOW_SEALING 0x2
   CLOCK_REALTIME 0 CLOCK_MONOTONIC 1 CLOCK_PROCESS_CPUTIME_ID 2 CLOCK_THREAD_CPUTIME_ID 3`,
];

/** Every constant of the `script` encoder for x86-64; `REG_*` are byte offsets. */
export const AMD64: Constants = new Map([
  ...pairs(...PAIRS),
  ...offsets(REGISTERS, "REG_"),
  ...counted(SYSCALLS, 0, "SYS_"),
  ...KERNEL,
]);
