// Waits for a stop within a deadline.
#include "wait.h"
#include "machine.h"
#include "shim.h"
#include "signal.h"
#include <asm-generic/errno.h>
#include <asm-generic/fcntl.h>
#include <linux/fcntl.h>
#include <linux/time.h>
#include <linux/wait.h>

/*
 * A wait polls first: a stub on the same processor runs when the tracer yields, and one on another
 * processor is noticed without the cost of a sleep. A longer wait blocks in wait4, and a timer of
 * this thread interrupts it. The timer repeats, so it does no harm if it fires just before the
 * thread blocks, and a pause longer than its period shows that the thread could not run.
 */
enum {
    POLLS = 64,
    POLLING_MICROSECONDS = 200,
    REPEAT_MICROSECONDS = 5000,
    PAUSE_MICROSECONDS = 4 * REPEAT_MICROSECONDS,
    POLL_MICROSECONDS = 1000,
    FIRST_SIGNAL = 35, /* C libraries use 32 to 34 */
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

/** Reads a clock, in microseconds. Returns -EINVAL for an unknown clock. */
static int64_t read_clock(int32_t clock) {
    struct __kernel_timespec time = {0};
    const int64_t result = syscall2(__NR_clock_gettime, clock, (long)&time);
    return result < 0 ? result : time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

int64_t stublab_processor_time(int32_t pid) {
    /* CPUCLOCK_SCHED of a process (<linux/posix-timers.h>); pids are not negative. */
    return read_clock((int32_t)(~(uint32_t)pid << 3) | 2);
}

static struct __kernel_timespec timespec(int64_t microseconds) {
    return (struct __kernel_timespec){.tv_sec = microseconds / 1000000,
                                      .tv_nsec = microseconds % 1000000 * 1000};
}

/**
 * The microseconds that this thread has spent on a run queue since its start: the second number of
 * /proc/thread-self/schedstat, which is in nanoseconds. -1 if the kernel does not report it.
 */
static int64_t run_queue_delay(void) {
    char text[64] = {0};
    int64_t file = syscall4(__NR_openat, AT_FDCWD, (long)"/proc/thread-self/schedstat",
                            O_RDONLY | O_CLOEXEC, 0);
    if (file < 0)
        return -1;
    int64_t length = syscall3(__NR_read, file, (long)text, sizeof text - 1);
    syscall1(__NR_close, file);
    int64_t at = 0;
    while (at < length && text[at] != ' ')
        at++;
    int64_t nanoseconds = 0;
    for (at++; at < length && text[at] >= '0' && text[at] <= '9'; at++)
        nanoseconds = nanoseconds * 10 + (text[at] - '0');
    return at < length ? nanoseconds / 1000 : -1;
}

/**
 * The part of a long pause that counts. A waiting thread wakes up every REPEAT_MICROSECONDS. It
 * wakes up later if it waits for a processor, which counts, or if it was stopped, which does not.
 */
static int64_t counted(int64_t pause, struct stublab_deadline *deadline) {
    const int64_t before = deadline->delay;
    deadline->delay = run_queue_delay();
    if (deadline->delay < 0)
        return pause;
    int64_t ready = before < 0 ? PAUSE_MICROSECONDS : deadline->delay - before;
    return ready + REPEAT_MICROSECONDS < pause ? ready + REPEAT_MICROSECONDS : pause;
}

/** A clock that fails or stands still is replaced by counting: a reading takes a microsecond. */
int64_t stublab_time_left(struct stublab_deadline *deadline) {
    const int64_t time = read_clock(CLOCK_MONOTONIC);
    if (deadline->seen == 0) {
        deadline->left = deadline->timeout;
        deadline->delay = -1;
    } else {
        const int64_t pause = time - deadline->seen;
        deadline->left -= pause > PAUSE_MICROSECONDS ? counted(pause, deadline)
                          : pause > 0                ? pause
                                                     : 1;
    }
    deadline->seen = time != 0 ? time : -1;
    return deadline->left;
}

/**
 * Installs our handler for the highest free real-time signal, and returns that signal; 0 if all are
 * in use. A blocked signal is not free: the host may receive it by signalfd(2) or sigwait(3).
 */
static int64_t claim_signal(void) {
    const struct kernel_sigaction ours = {
        .handler = stublab_ignore, .flags = SA_RESTORER, .restorer = stublab_restorer};
    uint64_t blocked = 0;
    syscall4(__NR_rt_sigprocmask, SIG_BLOCK, 0, (long)&blocked, SIGSET_SIZE);
    for (int64_t signal = SIGNALS; signal >= FIRST_SIGNAL; signal--) {
        struct kernel_sigaction theirs = {0};
        if (blocked & (1ULL << (signal - 1)))
            continue;
        syscall4(__NR_rt_sigaction, signal, 0, (long)&theirs, SIGSET_SIZE);
        if (theirs.handler == ours.handler)
            return signal;
        if (theirs.handler == 0 &&
            syscall4(__NR_rt_sigaction, signal, (long)&ours, 0, SIGSET_SIZE) == 0)
            return signal;
    }
    return 0;
}

void end_watch(struct watch *watch) {
    if (watch->signal != 0)
        syscall1(__NR_timer_delete, watch->timer);
}

/** Starts a timer that first fires after `first` microseconds. Returns 1, or 0 on failure. */
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
    if (syscall4(__NR_timer_settime, watch->timer, 0, (long)&spec, 0) == 0)
        return 1;
    end_watch(watch);
    watch->signal = 0;
    return 0;
}

void start_watch(struct watch *watch, struct stublab_deadline *deadline) {
    watch->deadline = deadline;
    start_timer(watch, REPEAT_MICROSECONDS);
}

static int64_t wait4(int32_t tid, uint32_t options, int32_t *status) {
    return syscall4(__NR_wait4, tid, (long)status, options, 0);
}

/** Waits without a timer. */
static int64_t pause_until(int32_t tid, uint32_t options, struct stublab_deadline *deadline,
                           int32_t *status) {
    const struct __kernel_timespec pause = timespec(POLL_MICROSECONDS);
    int64_t result = 0;
    do {
        syscall2(__NR_nanosleep, (long)&pause, 0);
        result = wait4(tid, options | WNOHANG, status);
    } while (result == 0 && stublab_time_left(deadline) > 0);
    return result;
}

int64_t wait_watched(int32_t tid, uint32_t options, const struct watch *watch, int32_t *status) {
    struct stublab_deadline *deadline = watch->deadline;
    if (watch->signal == 0)
        return stublab_wait_within(tid, options, deadline, status);
    for (;;) {
        int64_t result = wait4(tid, options, status);
        if (result != -EINTR)
            return result;
        const int64_t before = deadline->seen;
        stublab_time_left(deadline);
        // The first reading starts the clock, and one that stands still shows no period.
        if (before == 0 || before == deadline->seen)
            deadline->left -= REPEAT_MICROSECONDS;
        if (deadline->left <= 0)
            return wait4(tid, options | WNOHANG, status);
    }
}

/** Blocks in wait4 with a new timer. */
static int64_t sleep_until(int32_t tid, uint32_t options, struct stublab_deadline *deadline,
                           int32_t *status) {
    const int64_t left = deadline->left;
    struct watch watch = {.deadline = deadline};
    if (!start_timer(&watch, left < REPEAT_MICROSECONDS ? left : REPEAT_MICROSECONDS))
        return pause_until(tid, options, deadline, status);
    int64_t result = wait_watched(tid, options, &watch, status);
    end_watch(&watch);
    return result;
}

/** Yields and polls for a short time. Returns the tid, 0, or -errno. */
static int64_t poll(int32_t tid, uint32_t options, struct stublab_deadline *deadline,
                    int32_t *status) {
    int64_t until = 0;
    for (int i = 0; i < POLLS; i++) {
        syscall0(__NR_sched_yield);
        int64_t result = wait4(tid, options | WNOHANG, status);
        if (result != 0)
            return result;
        // Most stops are found at once, without reading the clock.
        const int64_t left = stublab_time_left(deadline);
        if (i == 0)
            until = left - POLLING_MICROSECONDS;
        if (left <= until || left <= 0)
            break;
    }
    return 0;
}

int64_t stublab_wait_within(int32_t tid, uint32_t options, struct stublab_deadline *deadline,
                            int32_t *status) {
    if (deadline->timeout <= 0)
        return wait4(tid, options | WNOHANG, status);
    int64_t result = poll(tid, options, deadline, status);
    if (result != 0 || deadline->left <= 0)
        return result;
    return sleep_until(tid, options, deadline, status);
}

int64_t stublab_wait(int32_t tid, uint32_t options, int64_t timeout, int32_t *status) {
    struct stublab_deadline deadline = {.timeout = timeout};
    return stublab_wait_within(tid, options, &deadline, status);
}
