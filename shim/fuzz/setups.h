// Register setups are tried in batches, so that there are only system calls between two of them.
// The build writes records.h from src/labs/fuzz/case/records.ts.
#ifndef STUBLAB_SETUPS_H
#define STUBLAB_SETUPS_H

#include "records.h"
#include "shim.h"

/**
 * Gives the stopped thread the floating-point state of a new program, and reads `fpregs`, `xstate`
 * and `xstate_length`. `errors` says which requests the kernel lacks that setups need. Returns 0,
 * or -ESRCH if the thread is gone.
 */
int64_t stublab_read_trial(int32_t tid, struct stublab_trial *trial);

/**
 * Tries setups one after the other in the thread `tid`, which is at a stop by a signal, each from
 * the same state. Returns the number of setups that have an outcome; `trial->over` says whether the
 * batch ended early, and why. A setup that cannot be tried has an obstacle in its outcome. `canary`
 * says whether the caller's vector registers have changed.
 */
int64_t stublab_try(int32_t tid, const struct stublab_setup *setups,
                                   struct stublab_outcome *outcomes, uint32_t count,
                                   struct stublab_trial *trial, struct stublab_canary *canary);

#endif
