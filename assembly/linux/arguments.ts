// Arguments of system calls that are the same on both architectures, by the family of calls. Those that differ are in the
// index.ts of each architecture.

// open(2) and its family (<asm-generic/fcntl.h>, <linux/fcntl.h>, <linux/fs.h>, <linux/memfd.h>).

export const O_RDONLY: u32 = 0;
export const O_WRONLY: u32 = 0o1;
export const O_RDWR: u32 = 0o2;
export const O_CREAT: u32 = 0o100;
export const O_EXCL: u32 = 0o200;
export const O_NOCTTY: u32 = 0o400;
export const O_TRUNC: u32 = 0o1000;
export const O_APPEND: u32 = 0o2000;
export const O_NONBLOCK: u32 = 0o4000;
export const O_CLOEXEC: u32 = 0o2000000;
export const O_PATH: u32 = 0o10000000;

export const AT_FDCWD: i32 = -100;
export const AT_SYMLINK_NOFOLLOW: u32 = 0x100;
export const AT_REMOVEDIR: u32 = 0x200;
export const AT_EMPTY_PATH: u32 = 0x1000;

export const SEEK_SET: u32 = 0;
export const SEEK_CUR: u32 = 1;
export const SEEK_END: u32 = 2;

export const F_DUPFD: u32 = 0;
export const F_GETFD: u32 = 1;
export const F_SETFD: u32 = 2;
export const F_GETFL: u32 = 3;
export const F_SETFL: u32 = 4;
export const FD_CLOEXEC: u32 = 1;

export const MFD_CLOEXEC: u32 = 1;
export const MFD_ALLOW_SEALING: u32 = 2;

// mmap(2) and its family (<asm-generic/mman-common.h>, <asm-generic/mman.h>).

export const PROT_NONE: u32 = 0x0;
export const PROT_READ: u32 = 0x1;
export const PROT_WRITE: u32 = 0x2;
export const PROT_EXEC: u32 = 0x4;
export const PROT_GROWSDOWN: u32 = 0x01000000;
export const PROT_GROWSUP: u32 = 0x02000000;

export const MAP_SHARED: u32 = 0x01;
export const MAP_PRIVATE: u32 = 0x02;
export const MAP_SHARED_VALIDATE: u32 = 0x03;
export const MAP_FIXED: u32 = 0x10;
export const MAP_ANONYMOUS: u32 = 0x20;
export const MAP_GROWSDOWN: u32 = 0x0100;
export const MAP_DENYWRITE: u32 = 0x0800;
export const MAP_EXECUTABLE: u32 = 0x1000;
export const MAP_LOCKED: u32 = 0x2000;
export const MAP_NORESERVE: u32 = 0x4000;
export const MAP_POPULATE: u32 = 0x8000;
export const MAP_NONBLOCK: u32 = 0x10000;
export const MAP_STACK: u32 = 0x20000;
export const MAP_HUGETLB: u32 = 0x40000;
export const MAP_SYNC: u32 = 0x80000;
export const MAP_FIXED_NOREPLACE: u32 = 0x100000;

export const MREMAP_MAYMOVE: u32 = 1;
export const MREMAP_FIXED: u32 = 2;
export const MREMAP_DONTUNMAP: u32 = 4;

export const MADV_NORMAL: u32 = 0;
export const MADV_WILLNEED: u32 = 3;
export const MADV_DONTNEED: u32 = 4;
export const MADV_FREE: u32 = 8;
export const MADV_HUGEPAGE: u32 = 14;
export const MADV_NOHUGEPAGE: u32 = 15;

export const MS_ASYNC: u32 = 1;
export const MS_INVALIDATE: u32 = 2;
export const MS_SYNC: u32 = 4;

// prctl(2), seccomp(2) and clocks (<linux/prctl.h>, <linux/seccomp.h>, <linux/time.h>).

export const PR_SET_PDEATHSIG: u32 = 1;
export const PR_GET_PDEATHSIG: u32 = 2;
export const PR_GET_DUMPABLE: u32 = 3;
export const PR_SET_DUMPABLE: u32 = 4;
export const PR_SET_NAME: u32 = 15;
export const PR_GET_NAME: u32 = 16;
export const PR_SET_SECCOMP: u32 = 22;
export const PR_SET_CHILD_SUBREAPER: u32 = 36;
export const PR_GET_CHILD_SUBREAPER: u32 = 37;
export const PR_SET_NO_NEW_PRIVS: u32 = 38;
export const PR_GET_NO_NEW_PRIVS: u32 = 39;

export const SECCOMP_SET_MODE_STRICT: u32 = 0;
export const SECCOMP_SET_MODE_FILTER: u32 = 1;
export const SECCOMP_GET_ACTION_AVAIL: u32 = 2;
export const SECCOMP_RET_KILL_PROCESS: u64 = 0x80000000;
export const SECCOMP_RET_TRAP: u64 = 0x00030000;
export const SECCOMP_RET_ALLOW: u64 = 0x7fff0000;

export const CLOCK_REALTIME: u32 = 0;
export const CLOCK_MONOTONIC: u32 = 1;
export const CLOCK_PROCESS_CPUTIME_ID: u32 = 2;
export const CLOCK_THREAD_CPUTIME_ID: u32 = 3;
