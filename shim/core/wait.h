// Waiting for a stop of a thread.
#ifndef STUBLAB_WAIT_H
#define STUBLAB_WAIT_H

#include "shim.h"
#include <asm/signal.h>
#include <linux/ptrace.h>

/** A timer that interrupts the waits of this thread periodically. */
struct watch {
    struct stublab_deadline *deadline; /* of the next waits */
    int64_t signal;                    /* 0: there is no timer */
    int32_t timer;
};

/** Starts one timer for many waits. */
void start_watch(struct watch *watch, struct stublab_deadline *deadline);
void end_watch(struct watch *watch);

/**
 * wait4 that blocks at once, which is cheapest if the stub is on the same processor. Returns the
 * tid, 0 if the deadline has passed, or -errno.
 */
int64_t wait_watched(int32_t tid, uint32_t options, const struct watch *watch, int32_t *status);

#endif
