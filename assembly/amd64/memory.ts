// Flags of mmap(2) that only amd64 has (<asm/mman.h>).

export const MAP_32BIT: u32 = 0x40;
