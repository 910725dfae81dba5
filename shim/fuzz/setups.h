// Register setups are tried in batches, so that there are only system calls between two of them.
// The build writes records.h from src/labs/fuzz/case/records.ts.
#ifndef STUBLAB_SETUPS_H
#define STUBLAB_SETUPS_H

#include "canary.h"
#include "records.h"
#include "shim.h"

/** Why a batch ended early. */
enum stublab_over {
    STUBLAB_OVER_NOT = 0,
    /* The case ended the thread, which must be resumed from its exit stop and reaped. */
    STUBLAB_OVER_ENDED = 1,
    /* The case left something that no request can undo: the thread is at a stop, but another case
     * would start from another state. */
    STUBLAB_OVER_SPOILED = 2,
    /* The thread missed its deadline before or after a step, and still runs. */
    STUBLAB_OVER_RUNS_ON = 3,
    /* The last case was not tried, for the reason in its outcome; in another stub it may be. */
    STUBLAB_OVER_UNTRIED = 4,
};

/** The parameters of a batch. */
struct stublab_trial {
    int64_t timeout;        /* microseconds for each stop */
    uint32_t xstate_length; /* bytes of the XSAVE area */
    uint32_t over;          /* result: enum stublab_over */
    /* Result: the stops from which a case was tried, bits of enum stublab_from; and those that are
     * not waited for any more. */
    uint32_t reached, unreachable;
    /* Result, of a batch that ended early: a signal of another process interfered with its last
     * case. */
    uint64_t disturbed;
    uint64_t call, call32; /* addresses of a system call before a breakpoint, and of an INT 0x80 */
    /* Between two cases: the registers, at a breakpoint; floating point, and the XSAVE area. */
    uint64_t rest[STUBLAB_REGISTERS];
    uint64_t fpregs[STUBLAB_FPREGS_WORDS];
    uint8_t xstate[STUBLAB_MOST_XSTATE];
    /* Result: an errno by enum stublab_obstacle; 0: there is no such obstacle. */
    int32_t errors[STUBLAB_MOST_OBSTACLES];
};

/**
 * Gives the stopped thread the floating-point state of a new program, and reads `fpregs`, `xstate`
 * and `xstate_length`. `errors` says which requests the kernel lacks that setups need. Returns 0,
 * or -ESRCH if the thread is gone.
 */
int64_t stublab_read_trial(int32_t tid, struct stublab_trial *trial);

/** Whether a setup is a further step of the case of the setup before it. */
static inline int is_further_step(const struct stublab_setup *setup) {
    return setup->from == STUBLAB_FROM_LAST;
}

/** How many of `count` setups are the steps of the first case. */
static inline uint32_t count_steps(const struct stublab_setup *setups, uint32_t count) {
    uint32_t steps = 1;
    while (steps < count && is_further_step(&setups[steps]))
        steps++;
    return steps;
}

/**
 * Tries cases one after the other in the thread `tid`, which is at a stop by a signal, each from
 * the same state; a further step of a case goes on from where the step before has left the thread.
 * Returns the number of setups that have an outcome, of whole cases; `trial->over` says whether the
 * batch ended early, and why. A setup that cannot be tried has an obstacle in its outcome. `canary`
 * says whether the caller's vector registers have changed.
 */
int64_t stublab_try(int32_t tid, const struct stublab_setup *setups,
                    struct stublab_outcome *outcomes, uint32_t count, struct stublab_trial *trial,
                    struct stublab_canary *canary);

#endif
