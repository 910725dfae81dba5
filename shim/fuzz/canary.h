// Kernels have lost track of whose floating point a processor holds, and have given one thread what
// belongs to another. So the tracing thread keeps a pattern in its vector registers while a stub
// takes what a case gives it. The build writes records.h from src/labs/fuzz/case/records.ts.
#ifndef STUBLAB_CANARY_H
#define STUBLAB_CANARY_H

#include "records.h"

/**
 * Puts the pattern into the vector registers. This library uses no such register itself. Both do
 * nothing once `changed` is set: the caller resets it.
 */
void plant_canary(struct stublab_canary *canary);
/** Sets `changed` and the members after it. */
void inspect_canary(struct stublab_canary *canary);

#endif
