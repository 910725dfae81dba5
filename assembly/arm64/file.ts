// Flags of open(2) whose values differ between architectures (<asm/fcntl.h>).

export const O_DIRECTORY: u32 = 0o40000;
export const O_NOFOLLOW: u32 = 0o100000;
