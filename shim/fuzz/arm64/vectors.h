// The vector registers of arm64, for the canary. What SVE adds to them is not compared.
#ifndef STUBLAB_ARM64_VECTORS_H
#define STUBLAB_ARM64_VECTORS_H

#include "canary.h"

// The compiler does not use these registers: -mgeneral-regs-only. The lower halves of q8 to
// q15 belong to the caller; the JavaScript engine keeps a constant in one.
#define EACH(load_or_store)                                                                        \
    load_or_store(0, 0) load_or_store(1, 1) load_or_store(2, 2) load_or_store(3, 3)                \
        load_or_store(4, 4) load_or_store(5, 5) load_or_store(6, 6) load_or_store(7, 7)            \
            load_or_store(8, 16) load_or_store(9, 17) load_or_store(10, 18) load_or_store(11, 19)  \
                load_or_store(12, 20) load_or_store(13, 21) load_or_store(14, 22)                  \
                    load_or_store(15, 23)

#define LOAD(n, q) "ldr q" #q ", [%0, #32 * " #n "]\n\t"
#define STORE(n, q) "str q" #q ", [%0, #32 * " #n "]\n\t"

static inline void load_vectors(const struct stublab_canary *canary) {
    __asm__ volatile(".arch_extension fp\n\t" EACH (LOAD)::"r"(canary->seen) : "memory");
}

static inline void store_vectors(struct stublab_canary *canary) {
    __asm__ volatile(".arch_extension fp\n\t" EACH (STORE)::"r"(canary->seen) : "memory");
}

static inline void read_control(uint32_t *fpsr, uint32_t *fpcr) {
    uint64_t status = 0, control = 0;
    __asm__ volatile("mrs %0, fpsr\n\tmrs %1, fpcr" : "=r"(status), "=r"(control));
    *fpsr = (uint32_t)status;
    *fpcr = (uint32_t)control;
}

#endif
