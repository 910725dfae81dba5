#include "ring.h"
#include "injection.h"
#include "process.h"
#include "syscall.h"
#include "turn.h"
#include "wait.h"
#include <asm-generic/errno.h>
#include <asm/signal.h>
#include <linux/futex.h>
#include <linux/ptrace.h>
#include <linux/time_types.h>
#include <linux/wait.h>

enum {
    YIELDS = 4, /* on one processor, the stub runs when the host yields */
    SLEEP_NANOSECONDS = 5000000,
};

static int64_t futex(uint32_t *word, int operation, uint32_t value,
                     const struct __kernel_timespec *timeout) {
    return syscall4(__NR_futex, (long)word, operation, value, (long)timeout);
}

static int has_ended(const struct ring *ring, uint32_t turn) {
    return __atomic_load_n(&ring->done, __ATOMIC_ACQUIRE) == turn;
}

/** Polls for the end of a turn. */
static int ends_soon(const struct ring *ring, uint32_t turn) {
    for (uint32_t i = 0; i < ring->spins; i++) {
        if (has_ended(ring, turn))
            return 1;
        relax();
    }
    for (int i = 0; i < YIELDS; i++) {
        if (has_ended(ring, turn))
            return 1;
        syscall0(__NR_sched_yield);
    }
    return has_ended(ring, turn);
}

/** Sleeps until the turn ends, but only for a short time: the stub may be stopped by a signal. */
static void sleep_on(struct ring *ring, uint32_t turn) {
    const struct __kernel_timespec timeout = {.tv_nsec = SLEEP_NANOSECONDS};
    __atomic_store_n(&ring->host_sleeps, 1, __ATOMIC_SEQ_CST);
    const uint32_t done = __atomic_load_n(&ring->done, __ATOMIC_SEQ_CST);
    if (done != turn)
        futex(&ring->done, FUTEX_WAIT, done, &timeout);
    __atomic_store_n(&ring->host_sleeps, 0, __ATOMIC_RELAXED);
}

/**
 * Classifies a stop during a turn, as judge_stop does. A SIGTRAP that another process sent may have
 * ended an earlier turn, and its breakpoint then stops this one.
 */
static int64_t judge_turn(int32_t tid, const struct ring *ring, uint32_t turn,
                          struct stublab_injection *injection) {
    const int signal = stop_signal(injection->status);
    if (signal == 0)
        return STUBLAB_INJECT_STOPPED;
    if (injection->pass_over & (1ULL << (signal - 1)))
        return PASSED_OVER;
    if (signal == SIGTRAP && ring->halt && has_ended(ring, turn))
        return STUBLAB_INJECT_RESTS;
    int64_t result = judge_signal(tid, injection);
    const int stopped = result == STUBLAB_INJECT_STOPPED && stop_signal(injection->status) != 0;
    return stopped && signal == SIGTRAP ? PASSED_OVER : result;
}

static int64_t resume(int32_t tid, struct stublab_injection *injection) {
    injection->step = STUBLAB_INJECT_CONT;
    int64_t result = stublab_ptrace(PTRACE_CONT, tid, 0, 0);
    injection->step = STUBLAB_INJECT_WAIT;
    return result;
}

/** Waits for the breakpoint after the turn. */
static int64_t await_halt(int32_t tid, struct ring *ring, uint32_t turn,
                          struct stublab_injection *injection) {
    for (;;) {
        int64_t result = wait_until(tid, __WALL, &injection->deadline, &injection->status);
        if (result <= 0)
            return result == 0 ? -ETIMEDOUT : result;
        result = judge_turn(tid, ring, turn, injection);
        if (result != PASSED_OVER)
            return result;
        result = resume(tid, injection);
        if (result < 0)
            return result;
        if (stublab_time_left(&injection->deadline) <= 0)
            return -ETIMEDOUT;
    }
}

/**
 * Passes over a stop during a turn after which the stub runs on. Signals may come faster than a
 * poll sees their stops, so from the first one on the turn is waited for as one that halts.
 */
static int64_t go_on(int32_t tid, struct ring *ring, uint32_t turn,
                     struct stublab_injection *injection) {
    int64_t result = judge_turn(tid, ring, turn, injection);
    if (result != PASSED_OVER)
        return result;
    /* The stub is stopped: it has not read the word if its turn has not ended. */
    ring->halt = !has_ended(ring, turn);
    result = resume(tid, injection);
    return result < 0 || !ring->halt ? result : await_halt(tid, ring, turn, injection);
}

/** Waits for the end of the turn, while the stub runs on. */
static int64_t await_end(int32_t tid, struct ring *ring, uint32_t turn,
                         struct stublab_injection *injection) {
    while (!ends_soon(ring, turn)) {
        injection->step = STUBLAB_INJECT_WAIT;
        int64_t result = syscall4(__NR_wait4, tid, (long)&injection->status, __WALL | WNOHANG, 0);
        if (result != 0)
            return result < 0 ? result : go_on(tid, ring, turn, injection);
        if (stublab_time_left(&injection->deadline) <= 0)
            return -ETIMEDOUT;
        sleep_on(ring, turn);
    }
    return STUBLAB_INJECT_RESTS;
}

int64_t stublab_ring_turn(int32_t tid, void *memory, struct stublab_injection *injection,
                          int32_t stopped) {
    struct ring *ring = memory;
    const uint32_t turn = ring->turn + 1;
    __atomic_store_n(&ring->turn, turn, __ATOMIC_SEQ_CST);
    injection->step = STUBLAB_INJECT_WAIT;
    if (stopped) {
        int64_t result = resume(tid, injection);
        if (result < 0)
            return result;
    } else if (__atomic_load_n(&ring->stub_sleeps, __ATOMIC_SEQ_CST)) {
        futex(&ring->turn, FUTEX_WAKE, 1, 0);
    }
    return ring->halt ? await_halt(tid, ring, turn, injection)
                      : await_end(tid, ring, turn, injection);
}
