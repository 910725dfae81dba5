#include "canary.h"
#include "vectors.h"

enum { WORDS = 4, STATUS_BIT = STUBLAB_CANARIES, CONTROL_BIT };

/** Word `k` of register `n`. */
static uint64_t pattern(unsigned int n, unsigned int k) {
    return UINT64_C(0x5a6d5a0000000000) | n << 8 | k;
}

void plant_canary(struct stublab_canary *canary) {
    if (canary->changed)
        return;
    for (unsigned int i = 0; i < STUBLAB_CANARIES * WORDS; i++)
        canary->seen[i] = pattern(i / WORDS, i % WORDS);
    read_control(&canary->mxcsr, &canary->control);
    load_vectors(canary);
}

/** Words that a register does not have stay as they were planted. */
void inspect_canary(struct stublab_canary *canary) {
    uint32_t status = 0;
    uint32_t control = 0;
    if (canary->changed)
        return;
    store_vectors(canary);
    read_control(&status, &control);
    for (unsigned int i = 0; i < STUBLAB_CANARIES * WORDS; i++)
        if (canary->seen[i] != pattern(i / WORDS, i % WORDS))
            canary->changed |= 1U << i / WORDS;
    if (status != canary->mxcsr)
        canary->changed |= 1U << STATUS_BIT;
    if (control != canary->control)
        canary->changed |= 1U << CONTROL_BIT;
    canary->mxcsr = status;
    canary->control = control;
}
