#ifndef STUBLAB_WAIT_H
#define STUBLAB_WAIT_H

#include "shim.h"

/** wait4 within a deadline: the tid, 0 when the time is over, or -errno. */
int64_t wait_until(int32_t tid, uint32_t options, struct stublab_deadline *deadline,
                   int32_t *status);

/** A timer of this thread that interrupts its waits again and again. */
struct watch {
    struct stublab_deadline *deadline; /* of the waits to come */
    int64_t signal;                    /* 0: there is no timer */
    int32_t timer;
};

/** Starts a watch over many waits, so that they need no timers of their own. */
void start_watch(struct watch *watch, struct stublab_deadline *deadline);
void end_watch(struct watch *watch);

/**
 * wait4 that sleeps at once, which is the cheapest for a stub on the same processor: the tid, 0
 * when the time is over, or -errno.
 */
int64_t wait_watched(int32_t tid, uint32_t options, const struct watch *watch, int32_t *status);

#endif
