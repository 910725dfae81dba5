#include "ring.h"
#include "machine.h"
#include "turn.h"
#include "wait.h"
#include <asm-generic/errno.h>
#include <asm/signal.h>
#include <linux/futex.h>
#include <linux/ptrace.h>
#include <linux/time_types.h>
#include <linux/wait.h>

enum {
    YIELDS = 4,  /* on one processor, the stub runs when the host yields */
    LOOKS = 256, /* on two, looks for the end between two looks for a stop: some 10 µs */
    MOST_PROCESSORS = 8192, /* of a kernel, in a set of them */
    FIRST_SLEEP_NANOSECONDS = 50000,
    LONGEST_SLEEP_NANOSECONDS = 5000000,
};

static int64_t futex(uint32_t *word, int operation, uint32_t value,
                     const struct __kernel_timespec *timeout) {
    return syscall4(__NR_futex, (long)word, operation, value, (long)timeout);
}

static int has_ended(const struct ring *ring, uint32_t turn) {
    return __atomic_load_n(&ring->done, __ATOMIC_ACQUIRE) == turn;
}

/** Looks for the end of a turn `looks` times. */
static int ends_within(const struct ring *ring, uint32_t turn, uint32_t looks) {
    for (uint32_t i = 0; i < looks; i++) {
        if (has_ended(ring, turn))
            return 1;
        relax();
    }
    return 0;
}

static int ends_after_yields(const struct ring *ring, uint32_t turn) {
    for (int i = 0; i < YIELDS; i++) {
        if (has_ended(ring, turn))
            return 1;
        syscall0(__NR_sched_yield);
    }
    return 0;
}

/** Sleeps until the turn ends, but not for long: the stub may be stopped by a signal. */
static void sleep_on(struct ring *ring, uint32_t turn, int64_t nanoseconds) {
    const struct __kernel_timespec timeout = {.tv_nsec = nanoseconds};
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

/** Waits for the breakpoint after the turn, or for a stop to be passed over. */
static int64_t await_stop(int32_t tid, struct ring *ring, uint32_t turn,
                          struct stublab_injection *injection) {
    int64_t result = stublab_wait_within(tid, __WALL, &injection->deadline, &injection->status);
    if (result <= 0)
        return result == 0 ? -ETIMEDOUT : result;
    return judge_turn(tid, ring, turn, injection);
}

/** Resumes the stub after stops until one is not to be passed over. */
static int64_t pass_over(int32_t tid, struct ring *ring, uint32_t turn,
                         struct stublab_injection *injection) {
    int64_t result = PASSED_OVER;
    while (result == PASSED_OVER) {
        result = resume(tid, injection);
        if (result < 0)
            return result;
        if (stublab_time_left(&injection->deadline) <= 0)
            return -ETIMEDOUT;
        result = await_stop(tid, ring, turn, injection);
    }
    return result;
}

/**
 * The same with the stub on this thread's processor, where a stop takes a tenth of the time: on
 * another one, signals may come faster than they are passed over.
 */
static int64_t pass_over_here(int32_t tid, struct ring *ring, uint32_t turn,
                              struct stublab_injection *injection) {
    uint64_t set[MOST_PROCESSORS / 64];
    const int64_t length = ring->spins == 0 ? 0 : stublab_get_affinity(tid, set, sizeof set);
    const int64_t processor = stublab_getcpu();
    if (length > 0 && processor >= 0)
        stublab_bind(tid, (uint32_t)processor);
    const int64_t result = pass_over(tid, ring, turn, injection);
    if (length > 0)
        stublab_set_affinity(tid, set, (uint64_t)length);
    return result;
}

/** Waits for the breakpoint after the turn. */
static int64_t await_halt(int32_t tid, struct ring *ring, uint32_t turn,
                          struct stublab_injection *injection) {
    const int64_t result = await_stop(tid, ring, turn, injection);
    return result == PASSED_OVER ? pass_over_here(tid, ring, turn, injection) : result;
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
    return ring->halt ? pass_over_here(tid, ring, turn, injection) : resume(tid, injection);
}

/** Takes a stop of the stub, if there is one: returns the tid, 0 or -errno. */
static int64_t look_for_stop(int32_t tid, struct stublab_injection *injection) {
    injection->step = STUBLAB_INJECT_WAIT;
    return syscall4(__NR_wait4, tid, (long)&injection->status, __WALL | WNOHANG, 0);
}

/** Sleeps until the turn has ended or the stub is stopped, ever longer. Returns as await_end. */
static int64_t sleep_until_end(int32_t tid, struct ring *ring, uint32_t turn,
                               struct stublab_injection *injection) {
    int64_t sleep = FIRST_SLEEP_NANOSECONDS;
    while (!has_ended(ring, turn)) {
        const int64_t result = look_for_stop(tid, injection);
        if (result != 0)
            return result < 0 ? result : go_on(tid, ring, turn, injection);
        if (stublab_time_left(&injection->deadline) <= 0)
            return -ETIMEDOUT;
        sleep_on(ring, turn, sleep);
        sleep = sleep * 2 < LONGEST_SLEEP_NANOSECONDS ? sleep * 2 : LONGEST_SLEEP_NANOSECONDS;
    }
    return STUBLAB_INJECT_RESTS;
}

/** Waits for the end of the turn, while the stub runs on. */
static int64_t await_end(int32_t tid, struct ring *ring, uint32_t turn,
                         struct stublab_injection *injection) {
    const uint32_t spins = ring->spins;
    if (spins == 0 && ends_after_yields(ring, turn))
        return STUBLAB_INJECT_RESTS;
    for (uint32_t spun = 0; spun < spins; spun += LOOKS) {
        if (ends_within(ring, turn, LOOKS))
            return STUBLAB_INJECT_RESTS;
        const int64_t result = look_for_stop(tid, injection);
        if (result != 0)
            return result < 0 ? result : go_on(tid, ring, turn, injection);
    }
    return sleep_until_end(tid, ring, turn, injection);
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
