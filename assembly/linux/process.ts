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

export const CLOCK_REALTIME: u32 = 0;
export const CLOCK_MONOTONIC: u32 = 1;
export const CLOCK_PROCESS_CPUTIME_ID: u32 = 2;
export const CLOCK_THREAD_CPUTIME_ID: u32 = 3;
