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

#endif
