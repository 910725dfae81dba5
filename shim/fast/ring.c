#include "ring.h"
#include "machine.h"
#include "run.h"
#include "turn.h"
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

static int has_ended(const struct ring *ring) {
    return __atomic_load_n(&ring->done, __ATOMIC_ACQUIRE) == ring->turn;
}

/** Looks for the end of a turn `looks` times. */
static int ends_within(const struct ring *ring, uint32_t looks) {
    for (uint32_t i = 0; i < looks; i++) {
        if (has_ended(ring))
            return 1;
        relax();
    }
    return 0;
}

static int ends_after_yields(const struct ring *ring) {
    for (int i = 0; i < YIELDS; i++) {
        if (has_ended(ring))
            return 1;
        syscall0(__NR_sched_yield);
    }
    return 0;
}

/** Sleeps until the turn ends, but not for long: the stub may be stopped by a signal. */
static void sleep_on(struct ring *ring, int64_t nanoseconds) {
    const struct __kernel_timespec timeout = {.tv_nsec = nanoseconds};
    __atomic_store_n(&ring->host_sleeps, 1, __ATOMIC_SEQ_CST);
    const uint32_t done = __atomic_load_n(&ring->done, __ATOMIC_SEQ_CST);
    if (done != ring->turn)
        futex(&ring->done, FUTEX_WAIT, done, &timeout);
    __atomic_store_n(&ring->host_sleeps, 0, __ATOMIC_RELAXED);
}

/**
 * Classifies a stop during a turn, as that of an injection. A SIGTRAP that another process sent may
 * have ended an earlier turn, and its breakpoint then stops this one.
 */
static int64_t judge_turn(int32_t tid, void *memory, struct stublab_run *run) {
    const struct ring *ring = memory;
    const int signal = stop_signal(run->status);
    if (signal == 0)
        return STUBLAB_END_OTHER;
    if (run->pass_over & (1ULL << (signal - 1)))
        return PASSED_OVER;
    if (signal == SIGTRAP && ring->halt && has_ended(ring))
        return STUBLAB_END_DONE;
    const int64_t result = judge_signal(tid, run);
    return result == STUBLAB_END_SIGNAL && signal == SIGTRAP ? PASSED_OVER : result;
}

/**
 * Passes over stops with the stub on this thread's processor, where a stop takes a tenth of the
 * time: on another one, signals may come faster than they are passed over.
 */
static int64_t pass_over_here(int32_t tid, struct ring *ring, struct stublab_run *run) {
    uint64_t set[MOST_PROCESSORS / 64];
    const int64_t length = ring->spins == 0 ? 0 : stublab_get_affinity(tid, set, sizeof set);
    const int64_t processor = stublab_getcpu();
    if (length > 0 && processor >= 0)
        stublab_bind(tid, (uint32_t)processor);
    const int64_t result = pass_over(tid, judge_turn, ring, run);
    if (length > 0)
        stublab_set_affinity(tid, set, (uint64_t)length);
    return result;
}

/** Waits for the breakpoint after the turn. */
static int64_t await_halt(int32_t tid, struct ring *ring, struct stublab_run *run) {
    const int64_t result = await_judged(tid, judge_turn, ring, run);
    return result == PASSED_OVER ? pass_over_here(tid, ring, run) : result;
}

/**
 * Passes over a stop during a turn after which the stub runs on. Signals may come faster than a
 * poll sees their stops, so from the first one on the turn is waited for as one that halts.
 */
static int64_t go_on(int32_t tid, struct ring *ring, struct stublab_run *run) {
    int64_t result = judge_turn(tid, ring, run);
    if (result != PASSED_OVER)
        return result;
    /* The stub is stopped: it has not read the word if its turn has not ended. */
    ring->halt = !has_ended(ring);
    return ring->halt ? pass_over_here(tid, ring, run) : resume_thread(tid, PTRACE_CONT, run);
}

/** Takes a stop of the stub, if there is one: returns the tid, 0 or -errno. */
static int64_t look_for_stop(int32_t tid, struct stublab_run *run) {
    run->step = STUBLAB_STEP_WAIT;
    return syscall4(__NR_wait4, tid, (long)&run->status, __WALL | WNOHANG, 0);
}

/** Sleeps until the turn has ended or the stub is stopped, ever longer. Returns as await_end. */
static int64_t sleep_until_end(int32_t tid, struct ring *ring, struct stublab_run *run) {
    int64_t sleep = FIRST_SLEEP_NANOSECONDS;
    while (!has_ended(ring)) {
        const int64_t result = look_for_stop(tid, run);
        if (result != 0)
            return result < 0 ? result : go_on(tid, ring, run);
        if (stublab_time_left(&run->deadline) <= 0)
            return -ETIMEDOUT;
        sleep_on(ring, sleep);
        sleep = sleep * 2 < LONGEST_SLEEP_NANOSECONDS ? sleep * 2 : LONGEST_SLEEP_NANOSECONDS;
    }
    return STUBLAB_END_DONE;
}

/** Waits for the end of the turn, while the stub runs on. */
static int64_t await_end(int32_t tid, struct ring *ring, struct stublab_run *run) {
    const uint32_t spins = ring->spins;
    if (spins == 0 && ends_after_yields(ring))
        return STUBLAB_END_DONE;
    for (uint32_t spun = 0; spun < spins; spun += LOOKS) {
        if (ends_within(ring, LOOKS))
            return STUBLAB_END_DONE;
        const int64_t result = look_for_stop(tid, run);
        if (result != 0)
            return result < 0 ? result : go_on(tid, ring, run);
    }
    return sleep_until_end(tid, ring, run);
}

int64_t stublab_ring_turn(int32_t tid, void *memory, struct stublab_run *run, int32_t stopped) {
    struct ring *ring = memory;
    const uint32_t turn = ring->turn + 1;
    __atomic_store_n(&ring->turn, turn, __ATOMIC_SEQ_CST);
    run->step = STUBLAB_STEP_WAIT;
    if (stopped) {
        int64_t result = resume_thread(tid, PTRACE_CONT, run);
        if (result < 0)
            return result;
    } else if (__atomic_load_n(&ring->stub_sleeps, __ATOMIC_SEQ_CST)) {
        futex(&ring->turn, FUTEX_WAKE, 1, 0);
    }
    return ring->halt ? await_halt(tid, ring, run) : await_end(tid, ring, run);
}
