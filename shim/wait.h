#ifndef STUBLAB_WAIT_H
#define STUBLAB_WAIT_H

#include "shim.h"
#include <asm/signal.h>
#include <linux/ptrace.h>

/** wait4 within a deadline: the tid, 0 when the time is over, or -errno. */
int64_t wait_until(int32_t tid, uint32_t options, struct stublab_deadline *deadline,
                   int32_t *status);

/**
 * The status word of an exit stop if `code` is the si_code of one, else 0. SIGKILL moves a thread
 * from the stop that was waited for to its exit stop (ptrace_stop in kernel/signal.c).
 */
static inline int32_t exit_stop(int32_t code) {
    return code == (SIGTRAP | PTRACE_EVENT_EXIT << 8) ? 0x7f | code << 8 : 0;
}

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
