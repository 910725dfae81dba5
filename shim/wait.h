#ifndef STUBLAB_WAIT_H
#define STUBLAB_WAIT_H

#include <stdint.h>

/** A point in time that is not yet fixed: asking for the time costs a system call, which most waits
 * save. */
struct deadline {
    int64_t timeout; /* microseconds from the moment that the first wait has to sleep */
    int64_t end;     /* CLOCK_MONOTONIC in microseconds; 0: not fixed yet */
};

/** wait4 with a deadline: the tid, 0 where it passed, or -errno. */
int64_t wait_until(int32_t tid, uint32_t options, struct deadline *deadline, int32_t *status);

/** A timer of this thread that interrupts its waits again and again. */
struct watch {
    int64_t timeout; /* microseconds that each wait may take */
    int64_t signal;  /* 0: there is no timer */
    int32_t timer;
    uint64_t previous; /* the mask that was there before */
};

/** Begins a watch over many waits, so that none has to begin one of its own. */
void start_watch(struct watch *watch, int64_t timeout);
void end_watch(struct watch *watch);

/**
 * wait4 that sleeps at once, which is the cheapest for a stub on the same processor: the tid, 0
 * where it took longer than the watch allows, or -errno.
 */
int64_t wait_watched(int32_t tid, uint32_t options, const struct watch *watch, int32_t *status);

#endif
