// What two processes pay to hand over to each other, whatever they do then.

#include "bench.h"
#include <linux/futex.h>

static struct shared {
    _Alignas(64) int question; // set by this process, cleared by the child
    _Alignas(64) int answer;
} * shared;

static int get(const int *word) {
    return __atomic_load_n(word, __ATOMIC_SEQ_CST);
}

static void set(int *word, int value) {
    __atomic_store_n(word, value, __ATOMIC_SEQ_CST);
}

static void prepare_nothing(void) {
}

static int64_t run_getpid(long count) {
    const int64_t start = nanoseconds();
    for (long i = 0; i < count; i++)
        syscall0(__NR_getpid);
    return nanoseconds() - start;
}

// ---- a byte through a pipe, and another one back ----

static int there[2], back[2];

static void pass_bytes(void) {
    char byte = 0;
    while (syscall3(__NR_read, there[0], (long)&byte, 1) == 1)
        syscall3(__NR_write, back[1], (long)&byte, 1);
}

static void prepare_pipes(void) {
    CALL(pipe2, there, 0);
    CALL(pipe2, back, 0);
    start_child(pass_bytes);
}

static int64_t run_pipe(long count) {
    char byte = 0;
    const int64_t start = nanoseconds();
    for (long i = 0; i < count; i++) {
        CALL(write, there[1], &byte, 1);
        CALL(read, back[0], &byte, 1);
    }
    return nanoseconds() - start;
}

// ---- a futex ----

static void await(int *word) {
    while (get(word) == 0)
        syscall4(__NR_futex, (long)word, FUTEX_WAIT, 0, 0);
    set(word, 0);
}

static void wake(int *word) {
    set(word, 1);
    syscall3(__NR_futex, (long)word, FUTEX_WAKE, 1);
}

static void pass_futex(void) {
    for (;;) {
        await(&shared->question);
        wake(&shared->answer);
    }
}

static void prepare_futex(void) {
    shared = memory(sizeof *shared, true);
    start_child(pass_futex);
}

static void prepare_futex_apart(void) {
    shared = memory(sizeof *shared, true);
    bind_to(start_child(pass_futex), other_processor);
}

static int64_t run_futex(long count) {
    const int64_t start = nanoseconds();
    for (long i = 0; i < count; i++) {
        wake(&shared->question);
        await(&shared->answer);
    }
    return nanoseconds() - start;
}

// ---- spinning, on two processors ----

static void pass_spinning(void) {
    for (;;) {
        while (get(&shared->question) == 0)
            __builtin_ia32_pause();
        set(&shared->question, 0);
    }
}

// Ends after each batch, so that it does not compete with others.
static int64_t run_spin(long count) {
    shared = memory(sizeof *shared, true);
    const int child = start_child(pass_spinning);
    bind_to(child, other_processor);
    set(&shared->question, 1);
    while (get(&shared->question) != 0)
        ;
    const int64_t start = nanoseconds();
    for (long i = 0; i < count; i++) {
        set(&shared->question, 1);
        while (get(&shared->question) != 0)
            __builtin_ia32_pause();
    }
    const int64_t time = nanoseconds() - start;
    CALL(kill, child, 9);
    CALL(wait4, child, 0, 0, 0);
    CALL(munmap, shared, sizeof *shared);
    return time;
}

static void prepare_spin(void) {
    if (other_processor < 0)
        fail_because("it needs a second processor");
}

// ---- sched_yield ----

static void pass_yielding(void) {
    for (;;) {
        while (get(&shared->question) == 0)
            syscall0(__NR_sched_yield);
        set(&shared->question, 0);
    }
}

static int64_t run_yield(long count) {
    shared = memory(sizeof *shared, true);
    const int child = start_child(pass_yielding);
    const int64_t start = nanoseconds();
    for (long i = 0; i < count; i++) {
        set(&shared->question, 1);
        while (get(&shared->question) != 0)
            syscall0(__NR_sched_yield);
    }
    const int64_t time = nanoseconds() - start;
    CALL(kill, child, 9);
    CALL(wait4, child, 0, 0, 0);
    CALL(munmap, shared, sizeof *shared);
    return time;
}

const struct mechanism floor_mechanisms[] = {
    {"getpid", prepare_nothing, run_getpid},
    {"pipe", prepare_pipes, run_pipe},
    {"futex", prepare_futex, run_futex},
    {"futex-apart", prepare_futex_apart, run_futex},
    {"spin", prepare_spin, run_spin},
    {"yield", prepare_nothing, run_yield},
    {0},
};
