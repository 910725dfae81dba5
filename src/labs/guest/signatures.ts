// The arguments of the system calls in the encoders' tables: a letter for the kind of each, which trace.ts explains.

/** The kinds of each call's arguments. */
const CALLS = `
  _sysctl:p accept:dpp accept4:dppo access:sm acct:s add_key:sspud adjtimex:p afs_syscall: alarm:u arch_prctl:AB
  bind:dpu bpf:dpu brk:p cachestat:dppx capget:pp capset:pp chdir:s chmod:sm chown:sdd chroot:s clock_adjtime:dp
  clock_getres:dp clock_gettime:CT clock_nanosleep:dxpp clock_settime:dp clone:cpppp clone3:pu close:d close_range:uux
  connect:dpu copy_file_range:dpdpux creat:sm create_module:su delete_module:so dup:d dup2:dd dup3:ddo epoll_create:d
  epoll_create1:o epoll_ctl:dddp epoll_ctl_old:dddp epoll_pwait:dpddpu epoll_pwait2:dpdppu epoll_wait:dpdd
  epoll_wait_old:dpdd eventfd:u eventfd2:ux execve:spp execveat:asppx exit:d exit_group:d faccessat:asm
  faccessat2:asmx fadvise64:duud fallocate:dxuu fanotify_init:xx fanotify_mark:dxxas fchdir:d fchmod:dm fchmodat:asm
  fchmodat2:asmx fchown:ddd fchownat:asddx fcntl:dxx fdatasync:d fgetxattr:dspu finit_module:dsx flistxattr:dpu
  flock:dx fork: fremovexattr:ds fsconfig:ddspd fsetxattr:dspux fsmount:dxx fsopen:sx fspick:asx fstat:dp fstatfs:dp
  fsync:d ftruncate:du futex:pxuppx futex_requeue:pxdd futex_wait:pxxxpd futex_waitv:puxpd futex_wake:pxdx
  futimesat:asp get_kernel_syms:p get_mempolicy:ppupx get_robust_list:dpp get_thread_area:p getcpu:ppp getcwd:pu
  getdents:dpu getdents64:dpu getegid: geteuid: getgid: getgroups:dp getitimer:dp getpeername:dpp getpgid:d getpgrp:
  getpid: getpmsg:dpppp getppid: getpriority:dd getrandom:pux getresgid:ppp getresuid:ppp getrlimit:dp getrusage:dp
  getsid:d getsockname:dpp getsockopt:dddpp gettid: gettimeofday:pp getuid: getxattr:sspu init_module:pus
  inotify_add_watch:dsx inotify_init: inotify_init1:o inotify_rm_watch:dd io_cancel:upp io_destroy:u
  io_getevents:uddpp io_pgetevents:uddppp io_setup:up io_submit:udp io_uring_enter:duuxpu io_uring_register:dxpu
  io_uring_setup:up ioctl:dqp ioperm:uud iopl:d ioprio_get:dd ioprio_set:ddd kcmp:ddduu kexec_file_load:ddusx
  kexec_load:uupx keyctl:dxxxx kill:di landlock_add_rule:ddpx landlock_create_ruleset:pux landlock_restrict_self:dx
  lchown:sdd lgetxattr:sspu link:ss linkat:asasx listen:dd listmount:ppux listxattr:spu llistxattr:spu
  lookup_dcookie:upu lremovexattr:ss lseek:dlw lsetxattr:sspux lsm_get_self_attr:uppx lsm_list_modules:ppx
  lsm_set_self_attr:upux lstat:sp madvise:pud map_shadow_stack:pux mbind:pudpux membarrier:dxd memfd_create:sx
  memfd_secret:x migrate_pages:dupp mincore:pup mkdir:sm mkdirat:asm mknod:smu mknodat:asmu mlock:pu mlock2:pux
  mlockall:x mmap:putfdz modify_ldt:dpu mount:sssxp mount_setattr:asxpu move_mount:asasx move_pages:dupppx
  mprotect:put mq_getsetattr:dpp mq_notify:dp mq_open:somp mq_timedreceive:dpupp mq_timedsend:dpuup mq_unlink:s
  mremap:puuxp mseal:pux msgctl:ddp msgget:dd msgrcv:dpudx msgsnd:dpux msync:pux munlock:pu munlockall: munmap:pu
  name_to_handle_at:asppx nanosleep:pp newfstatat:aspx nfsservctl:dpp open:som open_by_handle_at:dpo open_tree:asx
  openat:asom openat2:aspu pause: perf_event_open:pdddx personality:x pidfd_getfd:ddx pidfd_open:dx
  pidfd_send_signal:dipx pipe:p pipe2:po pivot_root:ss pkey_alloc:xu pkey_free:d pkey_mprotect:puxd poll:pud
  ppoll:puppu prctl:dxxxx pread64:drul preadv:dpuuu preadv2:dpuuux prlimit64:ddpp process_madvise:dpudx
  process_mrelease:dx process_vm_readv:dpupux process_vm_writev:dpupux pselect6:dppppp ptrace:ddpp putpmsg:dpppd
  pwrite64:dpuu pwritev:dpuuu pwritev2:dpuuux query_module:sdpup quotactl:xsdp quotactl_fd:dxdp read:dru readahead:duu
  readlink:spd readlinkat:aspd readv:dpu reboot:xxxp recvfrom:dpuxpp recvmmsg:dpuxp recvmsg:dpx remap_file_pages:pudux
  removexattr:ss rename:ss renameat:asas renameat2:asasx request_key:sssd restart_syscall: rmdir:s rseq:puxx
  rt_sigaction:ippu rt_sigpending:pu rt_sigprocmask:dppu rt_sigqueueinfo:dip rt_sigreturn: rt_sigsuspend:pu
  rt_sigtimedwait:pppu rt_tgsigqueueinfo:ddip sched_get_priority_max:d sched_get_priority_min:d sched_getaffinity:dup
  sched_getattr:dpux sched_getparam:dp sched_getscheduler:d sched_rr_get_interval:dp sched_setaffinity:dup
  sched_setattr:dpx sched_setparam:dp sched_setscheduler:ddp sched_yield: seccomp:dxp security: select:dpppp
  semctl:dddp semget:ddd semop:dpu semtimedop:dpup sendfile:ddpu sendmmsg:dpux sendmsg:dpx sendto:dpuxpu
  set_mempolicy:dpu set_mempolicy_home_node:puux set_robust_list:pu set_thread_area:p set_tid_address:p
  setdomainname:pu setfsgid:d setfsuid:d setgid:d setgroups:dp sethostname:pu setitimer:dpp setns:dx setpgid:dd
  setpriority:ddd setregid:dd setresgid:ddd setresuid:ddd setreuid:dd setrlimit:dp setsid: setsockopt:dddpu
  settimeofday:pp setuid:d setxattr:sspux shmat:dpx shmctl:ddp shmdt:p shmget:dux shutdown:dd sigaltstack:pp
  signalfd:dpu signalfd4:dpux socket:ddd socketpair:dddp splice:dpdpux stat:sp statfs:sp statmount:ppux statx:asxxp
  swapoff:s swapon:sx symlink:ss symlinkat:sas sync: sync_file_range:duux syncfs:d sysfs:dpp sysinfo:p syslog:dpd
  tee:ddux tgkill:ddi time:p timer_create:dpp timer_delete:d timer_getoverrun:d timer_gettime:dp timer_settime:dxpp
  timerfd_create:dx timerfd_gettime:dp timerfd_settime:dxpp times:p tkill:di truncate:su tuxcall: umask:m umount2:sx
  uname:U unlink:s unlinkat:asx unshare:c uretprobe: uselib:s userfaultfd:x ustat:up utime:sp utimensat:aspx utimes:sp
  vfork: vhangup: vmsplice:dpux vserver: wait4:dpxp waitid:ddpxp write:dbu writev:dvu`;

const KINDS = new Map<string, string | undefined>();
for (const [, name = "", kinds] of CALLS.matchAll(/(\w+):(\w*)/g)) KINDS.set(name, kinds);

/** The kinds of a call's arguments; undefined if the call is unknown. */
export function kindsOf(name: string): string | undefined {
  return KINDS.get(name);
}
