// Cases of a run of the fuzzer in the probe: drawn, tried, predicted, compared and signed. `probe
// bench setup|write|sigreturn` speaks the protocol of bench/main.c. It is linked into a probe of
// its own.

#include "register_indices.h"
#include "trying.h"
#include <linux/time.h>

enum { RECENT = 4096 };

static uint32_t *news;
static double *recent;
static uint64_t next_case = 1000000;

/** What every case takes over, so that its stub reaches the INT3, as in C. */
static struct stublab_setup plain = {.wants = STUBLAB_WANT_INFO, .on = STUBLAB_ON_CONT};
static const uint8_t deciding[] = {REG_RIP,     REG_CS, REG_EFLAGS, REG_SS, REG_FS_BASE,
                                   REG_GS_BASE, REG_DS, REG_ES,     REG_FS, REG_GS};

static int64_t nanoseconds(void) {
    struct __kernel_timespec now = {0};
    syscall2(__NR_clock_gettime, CLOCK_MONOTONIC, (long)&now);
    return now.tv_sec * 1000000000 + now.tv_nsec;
}

static void make_plain(struct stublab_setup *setup) {
    memcpy(setup, &plain, offsetof(struct stublab_setup, words));
    for (uint32_t k = 0; k < sizeof deciding; k++)
        setup->words[deciding[k]] = baseline[deciding[k]];
}

/** Returns the nanoseconds that a chunk of cases takes, without making them plain. */
static int64_t try_chunk(void) {
    int64_t start = nanoseconds();
    w2c_fuzz_generate(&module, module_address(chunk.setups), chunk_cases, (double)next_case);
    next_case += chunk_cases;
    int64_t spent = nanoseconds() - start;
    for (uint32_t i = 0; i < chunk_cases; i++)
        make_plain(&chunk.setups[i]);
    start = nanoseconds();
    const int64_t result = try_setups(chunk.setups, chunk.outcomes, chunk_cases);
    if (result < 0)
        fail("cases cannot be tried", result);
    const uint32_t found =
        w2c_fuzz_assess(&module, module_address(chunk.setups), module_address(chunk.outcomes),
                        module_address(recent), module_address(news), chunk_cases);
    for (uint32_t k = 0; k < found; k++) {
        const struct comparison it = compare(&chunk.setups[news[k]], &chunk.outcomes[news[k]]);
        if (it.agreement >= DIFFERS)
            fail("an outcome does not match its prediction", (int64_t)it.kind);
        recent[it.signature % RECENT] = (double)it.signature;
    }
    return spent + nanoseconds() - start;
}

/** The number in the next line; 0 at the end of the input. */
static uint64_t next_count(void) {
    uint64_t count = 0;
    for (char byte = 0; syscall3(__NR_read, 0, (long)&byte, 1) > 0 && byte != '\n';)
        count = count * 10 + (uint64_t)(byte - '0');
    return count;
}

int bench(const char *name) {
    static char machine_text[1 << 14];
    const bool returns = same(name, "sigreturn");
    // What is said of the machine is no answer.
    say_to(machine_text);
    start_trying();
    say_to(0);
    plain.way = returns ? STUBLAB_WAY_SIGRETURN : STUBLAB_WAY_SETREGS;
    if (returns)
        plain.wants = 0;
    if (same(name, "write")) {
        plain.wants = STUBLAB_WANT_WRITTEN;
        plain.on = STUBLAB_ON_NONE;
    }
    news = module_memory(reserve(chunk_cases * sizeof *news));
    recent = module_memory(reserve(RECENT * sizeof *recent));
    w2c_fuzz_begin(&module, 1, 0, (uint32_t)index_of(returns ? "sigreturn" : "ptrace", path_names),
                   machine.xstate_length, machine.frame_length, machine.xcr0, has_feature("ia32"));
    try_chunk();
    say("ready\n");
    flush();
    for (uint64_t count = next_count(); count > 0; count = next_count()) {
        uint64_t tried = 0;
        int64_t spent = 0;
        for (; tried < count; tried += chunk_cases)
            spent += try_chunk();
        say("%lu 0\n", (uint64_t)spent * count / tried);
        flush();
    }
    return 0;
}
