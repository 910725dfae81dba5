// Flags of open(2) that other architectures number otherwise (<asm-generic/fcntl.h>).

export const O_DIRECTORY: u32 = 0o200000;
export const O_NOFOLLOW: u32 = 0o400000;
