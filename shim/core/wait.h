// Waiting for a stop of a thread, and what a stop means.
#ifndef STUBLAB_WAIT_H
#define STUBLAB_WAIT_H

#include "shim.h"
#include <asm/signal.h>
#include <linux/ptrace.h>

/** The index of si_code in a siginfo_t. */
enum { SI_CODE = 2 };

/**
 * The status word of an exit stop if `code` is the si_code of one, else 0. SIGKILL can move a
 * thread to its exit stop after another stop was reported (ptrace_stop in kernel/signal.c).
 */
static inline int32_t exit_stop(int32_t code) {
    return code == (SIGTRAP | PTRACE_EVENT_EXIT << 8) ? 0x7f | code << 8 : 0;
}

/** The signal of a signal-delivery-stop or group-stop; 0 for an event or a system call stop. */
static inline int stop_signal(int32_t status) {
    const int signal = status >> 8;
    return (status & 0xff) == 0x7f && signal > 0 && signal <= 64 ? signal : 0;
}

/** What a judgement returns besides enum stublab_inject_end: the thread is to be resumed. */
enum { PASSED_OVER = 3 };

/**
 * Classifies a stop by a signal: the kernel's own end an injection (STUBLAB_INJECT_STOPPED), those
 * of other processes are passed over. Returns -errno if the thread is gone.
 */
int64_t judge_signal(int32_t tid, struct stublab_injection *injection);

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
