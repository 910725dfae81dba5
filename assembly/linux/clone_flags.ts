// Flags of clone(2) and clone3(2) (the kernel's include/uapi/linux/sched.h). Those of clone are above the byte of the
// exit signal, up to bit 31; clone3, which has a separate member for the exit signal, has more.

export const CSIGNAL: u64 = 0x000000ff;
export const CLONE_VM: u64 = 0x00000100;
export const CLONE_FS: u64 = 0x00000200;
export const CLONE_FILES: u64 = 0x00000400;
export const CLONE_SIGHAND: u64 = 0x00000800;
export const CLONE_PIDFD: u64 = 0x00001000;
export const CLONE_PTRACE: u64 = 0x00002000;
export const CLONE_VFORK: u64 = 0x00004000;
export const CLONE_PARENT: u64 = 0x00008000;
export const CLONE_THREAD: u64 = 0x00010000;
export const CLONE_NEWNS: u64 = 0x00020000;
export const CLONE_SYSVSEM: u64 = 0x00040000;
export const CLONE_SETTLS: u64 = 0x00080000;
export const CLONE_PARENT_SETTID: u64 = 0x00100000;
export const CLONE_CHILD_CLEARTID: u64 = 0x00200000;
export const CLONE_DETACHED: u64 = 0x00400000;
export const CLONE_UNTRACED: u64 = 0x00800000;
export const CLONE_CHILD_SETTID: u64 = 0x01000000;
export const CLONE_NEWCGROUP: u64 = 0x02000000;
export const CLONE_NEWUTS: u64 = 0x04000000;
export const CLONE_NEWIPC: u64 = 0x08000000;
export const CLONE_NEWUSER: u64 = 0x10000000;
export const CLONE_NEWPID: u64 = 0x20000000;
export const CLONE_NEWNET: u64 = 0x40000000;
export const CLONE_IO: u64 = 0x80000000;

// Only clone3 has these. CLONE_NEWTIME (0x80) is not here: in a word of clone it would be part of the signal.
export const CLONE_CLEAR_SIGHAND: u64 = 0x100000000;
export const CLONE_INTO_CGROUP: u64 = 0x200000000;
