#include "canary.h"

// 128 bits of the registers are compared; what SVE adds to them is not.
enum { WORDS = 4, USED = 2, FPSR_BIT = STUBLAB_CANARIES, FPCR_BIT };

/** Word `k` of the register with index `n`. */
static uint64_t pattern(unsigned int n, unsigned int k) {
    return UINT64_C(0x5a6d5a0000000000) | n << 8 | k;
}

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

static void read_control(uint32_t *fpsr, uint32_t *fpcr) {
    uint64_t status = 0, control = 0;
    __asm__ volatile("mrs %0, fpsr\n\tmrs %1, fpcr" : "=r"(status), "=r"(control));
    *fpsr = (uint32_t)status;
    *fpcr = (uint32_t)control;
}

void plant_canary(struct stublab_canary *canary) {
    if (canary->changed)
        return;
    for (unsigned int i = 0; i < STUBLAB_CANARIES * WORDS; i++)
        canary->seen[i] = pattern(i / WORDS, i % WORDS);
    read_control(&canary->mxcsr, &canary->control);
    __asm__ volatile(".arch_extension fp\n\t" EACH (LOAD)::"r"(canary->seen) : "memory");
}

void inspect_canary(struct stublab_canary *canary) {
    uint32_t fpsr = 0;
    uint32_t fpcr = 0;
    if (canary->changed)
        return;
    __asm__ volatile(".arch_extension fp\n\t" EACH (STORE)::"r"(canary->seen) : "memory");
    read_control(&fpsr, &fpcr);
    for (unsigned int i = 0; i < STUBLAB_CANARIES * WORDS; i++)
        if (i % WORDS < USED && canary->seen[i] != pattern(i / WORDS, i % WORDS))
            canary->changed |= 1U << i / WORDS;
    if (fpsr != canary->mxcsr)
        canary->changed |= 1U << FPSR_BIT;
    if (fpcr != canary->control)
        canary->changed |= 1U << FPCR_BIT;
    canary->mxcsr = fpsr;
    canary->control = fpcr;
}
