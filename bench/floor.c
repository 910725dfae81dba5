// What two processes pay to hand over to each other, whatever they do then.

#include "bench.h"

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

const struct mechanism floor_mechanisms[] = {
    {"getpid", prepare_nothing, run_getpid},
    {"spin", prepare_spin, run_spin},
    {0},
};
