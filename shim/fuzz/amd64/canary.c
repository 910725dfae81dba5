#include "canary.h"

enum { WORDS = 4, MXCSR_BIT = STUBLAB_CANARIES, CONTROL_BIT };

/** Word `k` of register `n`. */
static uint64_t pattern(unsigned int n, unsigned int k) {
    return UINT64_C(0x5a6d5a0000000000) | n << 8 | k;
}

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

static void read_control(uint32_t *mxcsr, uint32_t *control) {
    uint16_t word = 0;
    __asm__ volatile("stmxcsr %0\n\tfnstcw %1" : "=m"(*mxcsr), "=m"(word));
    *control = word;
}

void plant_canary(struct stublab_canary *canary) {
    if (canary->changed)
        return;
    for (unsigned int i = 0; i < STUBLAB_CANARIES * WORDS; i++)
        canary->seen[i] = pattern(i / WORDS, i % WORDS);
    read_control(&canary->mxcsr, &canary->control);
    if (canary->wide)
        __asm__ volatile(EACH (LOAD_WIDE)::"r"(canary->seen) : "memory");
    else
        __asm__ volatile(EACH (LOAD)::"r"(canary->seen) : "memory");
}

void inspect_canary(struct stublab_canary *canary) {
    uint32_t mxcsr = 0;
    uint32_t control = 0;
    if (canary->changed)
        return;
    if (canary->wide)
        __asm__ volatile(EACH (STORE_WIDE) "vzeroupper" ::"r"(canary->seen) : "memory");
    else
        __asm__ volatile(EACH (STORE)::"r"(canary->seen) : "memory");
    read_control(&mxcsr, &control);
    for (unsigned int i = 0; i < STUBLAB_CANARIES * WORDS; i++)
        if (canary->seen[i] != pattern(i / WORDS, i % WORDS))
            canary->changed |= 1U << i / WORDS;
    if (mxcsr != canary->mxcsr)
        canary->changed |= 1U << MXCSR_BIT;
    if (control != canary->control)
        canary->changed |= 1U << CONTROL_BIT;
    canary->mxcsr = mxcsr;
    canary->control = control;
}
