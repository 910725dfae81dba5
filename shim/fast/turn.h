// The contract of shim/fast/ring.c with src/fast/ring.ts.
#ifndef STUBLAB_TURN_H
#define STUBLAB_TURN_H

#include "shim.h"

/**
 * Has a ring's next turn executed by thread `tid`, which is in the loop of the stub code: all
 * entries, in order (ring.h). If `stopped`, the thread is resumed. If the turn halts, the thread is
 * at its breakpoint afterwards, otherwise it runs on. Signals from other processes are passed over;
 * they may make the turn halt.
 */
STUBLAB_EXPORT int64_t stublab_ring_turn(int32_t tid, void *ring, struct stublab_run *run,
                                         int32_t stopped);

#endif
