// Flags of open(2) that other architectures number otherwise (<asm/fcntl.h>).

export const O_DIRECTORY: u32 = 0o40000;
export const O_NOFOLLOW: u32 = 0o100000;
