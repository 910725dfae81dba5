// Protections of mmap(2) and mprotect(2) that only arm64 has (<asm/mman.h>).

export const PROT_BTI: u32 = 0x10;
