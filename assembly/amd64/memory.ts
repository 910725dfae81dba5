// Flags of mmap(2) that amd64 alone has (<asm/mman.h>).

export const MAP_32BIT: u32 = 0x40;
