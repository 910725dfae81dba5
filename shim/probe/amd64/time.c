// How long cases of a run take, for bench/: `probe time --path PATH` prints "ready", and then for
// each number on standard input the nanoseconds that as many cases took, and 0.
#include "trying.h"
#include <linux/time.h>

/** What a run does not do: nanoseconds. */
static uint64_t apart;

static uint64_t nanoseconds(void) {
    struct __kernel_timespec now = {0};
    syscall2(__NR_clock_gettime, CLOCK_MONOTONIC, (long)&now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/** Makes the stub of each case get to the breakpoint, as that of the C beside which it is measured.
 */
static void make_plain(struct stublab_setup *setups, uint32_t count) {
    static const uint8_t deciding[] = {REG_RIP,     REG_CS, REG_EFLAGS, REG_SS, REG_FS_BASE,
                                       REG_GS_BASE, REG_DS, REG_ES,     REG_FS, REG_GS};
    const uint64_t started = nanoseconds();
    const bool returns = contents[setups->way].frame;
    const struct stublab_setup plain = {
        .way = setups->way, .on = STUBLAB_ON_CONT, .wants = returns ? 0 : STUBLAB_WANT_INFO};
    for (uint32_t i = 0; i < count; i++) {
        memcpy(&setups[i], &plain, offsetof(struct stublab_setup, words));
        for (uint32_t k = 0; k < sizeof deciding; k++)
            setups[i].words[deciding[k]] = baseline[deciding[k]];
    }
    apart += nanoseconds() - started;
}

/** Reads a line with a number; 0 at the end of the input. */
static uint64_t read_count(void) {
    uint64_t count = 0;
    char byte = 0;
    while (syscall3(__NR_read, 0, (long)&byte, 1) == 1 && byte >= '0' && byte <= '9')
        count = count * 10 + (uint64_t)(byte - '0');
    return count;
}

int time_cases(const struct run *asked) {
    struct run run = *asked;
    run.change = make_plain;
    begin_run(&run);
    uint64_t from = 1000000;
    // What is done once is not measured.
    for (uint64_t count = chunk_cases; count > 0; count = read_count()) {
        const uint64_t chunks = (count + chunk_cases - 1) / chunk_cases;
        const bool first = from == 1000000;
        const uint64_t started = nanoseconds();
        apart = 0;
        for (uint64_t i = 0; i < chunks; i++, from += chunk_cases)
            if (try_cases(from, chunk_cases) < 0)
                fail("cases cannot be tried", 0);
        const uint64_t taken = nanoseconds() - started - apart;
        if (first)
            say("ready\n");
        else
            say("%lu 0\n", taken * count / (chunks * chunk_cases));
    }
    if (totals().findings > 0)
        fail("outcomes contradict their predictions", 0);
    end_trying();
    return 0;
}
