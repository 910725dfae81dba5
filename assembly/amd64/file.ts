// Flags of open(2) whose values differ between architectures (<asm-generic/fcntl.h>).

export const O_DIRECTORY: u32 = 0o200000;
export const O_NOFOLLOW: u32 = 0o400000;
