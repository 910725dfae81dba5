// Kernels have lost track of whose floating point a processor holds, and have given one thread what
// belongs to another. So the tracing thread keeps a pattern in its vector registers while a stub
// takes what a case gives it.
#ifndef STUBLAB_CANARY_H
#define STUBLAB_CANARY_H

#include <stdint.h>

/** Vector registers of the tracing thread that a case must not change. */
enum { STUBLAB_CANARIES = 16 };

struct stublab_canary {
    uint32_t wide; /* whether the registers have 256 bits, not 128 */
    /* Results: the registers that have changed, a bit each; then the status and the control word,
     * whose values follow, and those of the registers, 4 words each. */
    uint32_t changed;
    uint32_t mxcsr, control;
    uint64_t seen[4 * STUBLAB_CANARIES];
};

/**
 * Puts the pattern into the vector registers. The code of shim/ uses no such register itself. Both
 * do nothing once `changed` is set: the caller resets it.
 */
void plant_canary(struct stublab_canary *canary);
/** Sets `changed` and the members after it. */
void inspect_canary(struct stublab_canary *canary);

#endif
