// The vector registers of amd64, for the canary.
#ifndef STUBLAB_AMD64_VECTORS_H
#define STUBLAB_AMD64_VECTORS_H

#include "canary.h"

// The compiler does not use these registers: -mgeneral-regs-only.
#define EACH(load_or_store)                                                                        \
    load_or_store(0) load_or_store(1) load_or_store(2) load_or_store(3) load_or_store(4)           \
        load_or_store(5) load_or_store(6) load_or_store(7) load_or_store(8) load_or_store(9)       \
            load_or_store(10) load_or_store(11) load_or_store(12) load_or_store(13)                \
                load_or_store(14) load_or_store(15)

#define LOAD_WIDE(n) "vmovdqu 32*" #n "(%0), %%ymm" #n "\n\t"
#define LOAD(n) "movdqu 32*" #n "(%0), %%xmm" #n "\n\t"
#define STORE_WIDE(n) "vmovdqu %%ymm" #n ", 32*" #n "(%0)\n\t"
#define STORE(n) "movdqu %%xmm" #n ", 32*" #n "(%0)\n\t"

static inline void load_vectors(const struct stublab_canary *canary) {
    if (canary->wide)
        __asm__ volatile(EACH (LOAD_WIDE)::"r"(canary->seen) : "memory");
    else
        __asm__ volatile(EACH (LOAD)::"r"(canary->seen) : "memory");
}

static inline void store_vectors(struct stublab_canary *canary) {
    if (canary->wide)
        __asm__ volatile(EACH (STORE_WIDE) "vzeroupper" ::"r"(canary->seen) : "memory");
    else
        __asm__ volatile(EACH (STORE)::"r"(canary->seen) : "memory");
}

static inline void read_control(uint32_t *mxcsr, uint32_t *control) {
    uint16_t word = 0;
    __asm__ volatile("stmxcsr %0\n\tfnstcw %1" : "=m"(*mxcsr), "=m"(word));
    *control = word;
}

#endif
