#include "wait.h"
#include "shim.h"
#include "signal.h"
#include "syscall_amd64.h"
#include <asm-generic/errno.h>
#include <linux/time.h>
#include <linux/wait.h>

/*
 * A wait polls first: a stub on the same processor runs when the tracer yields, and one on another
 * is caught without the price of a sleep. What takes longer blocks in wait4, and a timer of this
 * thread interrupts it. The timer repeats, so that it does not matter if it fires just before the
 * wait begins.
 */
enum {
    POLLS = 64,
    REPEAT_MICROSECONDS = 5000,
    POLL_MICROSECONDS = 1000,
    FIRST_SIGNAL = 35, /* the C libraries use 32 to 34 themselves */
};

#define SIGEV_THREAD_ID 4

struct kernel_sigevent {
    uint64_t value;
    int32_t signal;
    int32_t notify;
    int32_t thread;
    int32_t padding[11];
};

struct kernel_itimerspec {
    struct __kernel_timespec interval;
    struct __kernel_timespec value;
};

extern const char stublab_ignore[];
extern const char stublab_restorer[];

static int64_t now(void) {
    struct __kernel_timespec time = {0};
    syscall2(__NR_clock_gettime, CLOCK_MONOTONIC, (long)&time);
    return time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

static struct __kernel_timespec timespec(int64_t microseconds) {
    return (struct __kernel_timespec){.tv_sec = microseconds / 1000000,
                                      .tv_nsec = microseconds % 1000000 * 1000};
}

/** The highest real-time signal that nobody else uses, with our handler; 0 where there is none. */
static int64_t claim_signal(void) {
    const struct kernel_sigaction ours = {
        .handler = stublab_ignore, .flags = SA_RESTORER, .restorer = stublab_restorer};
    for (int64_t signal = SIGNALS; signal >= FIRST_SIGNAL; signal--) {
        struct kernel_sigaction theirs = {0};
        syscall4(__NR_rt_sigaction, signal, 0, (long)&theirs, SIGSET_SIZE);
        if (theirs.handler == ours.handler)
            return signal;
        if (theirs.handler == 0 &&
            syscall4(__NR_rt_sigaction, signal, (long)&ours, 0, SIGSET_SIZE) == 0)
            return signal;
    }
    return 0;
}

/** Whether there is a timer from now on, which interrupts first after so many microseconds. */
static int start_timer(struct watch *watch, int64_t first) {
    watch->signal = claim_signal();
    if (watch->signal == 0)
        return 0;
    struct kernel_sigevent event = {.signal = (int32_t)watch->signal,
                                    .notify = SIGEV_THREAD_ID,
                                    .thread = (int32_t)syscall0(__NR_gettid)};
    if (syscall3(__NR_timer_create, CLOCK_MONOTONIC, (long)&event, (long)&watch->timer) < 0) {
        watch->signal = 0;
        return 0;
    }
    const struct kernel_itimerspec spec = {.interval = timespec(REPEAT_MICROSECONDS),
                                           .value = timespec(first)};
    syscall4(__NR_timer_settime, watch->timer, 0, (long)&spec, 0);
    const uint64_t unblocked = 1ULL << (watch->signal - 1);
    syscall4(__NR_rt_sigprocmask, SIG_UNBLOCK, (long)&unblocked, (long)&watch->previous,
             SIGSET_SIZE);
    return 1;
}

void start_watch(struct watch *watch, int64_t timeout) {
    watch->timeout = timeout;
    start_timer(watch, REPEAT_MICROSECONDS);
}

void end_watch(struct watch *watch) {
    if (watch->signal == 0)
        return;
    syscall1(__NR_timer_delete, watch->timer);
    syscall4(__NR_rt_sigprocmask, SIG_SETMASK, (long)&watch->previous, 0, SIGSET_SIZE);
}

static int64_t wait4(int32_t tid, uint32_t options, int32_t *status) {
    return syscall4(__NR_wait4, tid, (long)status, options, 0);
}

static int64_t block_until(int32_t tid, uint32_t options, int64_t end, int32_t *status) {
    int64_t result = 0;
    do
        result = wait4(tid, options, status);
    while (result == -EINTR && now() < end);
    return result == -EINTR ? wait4(tid, options | WNOHANG, status) : result;
}

/** The way without a timer. */
static int64_t poll_until(int32_t tid, uint32_t options, int64_t end, int32_t *status) {
    const struct __kernel_timespec pause = timespec(POLL_MICROSECONDS);
    int64_t result = 0;
    do {
        syscall2(__NR_nanosleep, (long)&pause, 0);
        result = wait4(tid, options | WNOHANG, status);
    } while (result == 0 && now() < end);
    return result;
}

static int64_t sleep_until(int32_t tid, uint32_t options, int64_t end, int32_t *status) {
    int64_t remaining = end - now();
    if (remaining <= 0)
        return 0;
    struct watch watch = {0};
    if (!start_timer(&watch, remaining))
        return poll_until(tid, options, end, status);
    int64_t result = block_until(tid, options, end, status);
    end_watch(&watch);
    return result;
}

int64_t wait_until(int32_t tid, uint32_t options, struct deadline *deadline, int32_t *status) {
    if (deadline->timeout <= 0)
        return wait4(tid, options | WNOHANG, status);
    for (int i = 0; i < POLLS; i++) {
        syscall0(__NR_sched_yield);
        int64_t result = wait4(tid, options | WNOHANG, status);
        if (result != 0)
            return result;
    }
    if (deadline->end == 0)
        deadline->end = now() + deadline->timeout;
    return sleep_until(tid, options, deadline->end, status);
}

int64_t stublab_wait(int32_t tid, uint32_t options, int64_t timeout, int32_t *status) {
    struct deadline deadline = {.timeout = timeout};
    return wait_until(tid, options, &deadline, status);
}

int64_t wait_watched(int32_t tid, uint32_t options, const struct watch *watch, int32_t *status) {
    if (watch->signal == 0) {
        struct deadline deadline = {.timeout = watch->timeout};
        return wait_until(tid, options, &deadline, status);
    }
    // The time is asked for from the first interruption on.
    int64_t end = 0;
    for (;;) {
        int64_t result = wait4(tid, options, status);
        if (result != -EINTR)
            return result;
        if (end == 0)
            end = now() + watch->timeout;
        else if (now() >= end)
            return wait4(tid, options | WNOHANG, status);
    }
}
