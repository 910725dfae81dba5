// PTRACE_PEEKSIGINFO, PTRACE_GETSIGMASK and PTRACE_SETSIGMASK.
#include "own.h"

static const char group[] = "PEEKSIGINFO, GETSIGMASK";
#define PEEK "ptrace_peek_siginfo, kernel/ptrace.c"

/** sizeof(siginfo_t) */
enum { SIGINFO = 128 };
/** Signals of the thread in the order in which they are sent. */
enum { PENDING = 4, FIRST_REALTIME = 34 };
static const int pending[PENDING] = {FIRST_REALTIME, SIGUSR2, FIRST_REALTIME, SIGUSR1};

static void make_pending(void) {
    for (int i = 0; i < PENDING; i++)
        send(pending[i]);
}

static void peek(uint64_t off, uint32_t flags, int32_t nr) {
    const struct ptrace_peeksiginfo_args arguments = {off, flags, nr};
    read_answer(PTRACE_PEEKSIGINFO, (uint64_t)&arguments);
}

/** What was peeked: signals, one after the other. */
static void expect_signals(const int *signals, int count) {
    static const char *const names[] = {"signal 0", "signal 1", "signal 2", "signal 3"};
    expect_result(count);
    expect_written((uint64_t)count * SIGINFO);
    for (int i = 0; i < count; i++)
        expect_int(names[i], (uint32_t)(SIGINFO * i), signals[i]);
}

FACT("PEEKSIGINFO copies up to nr pending signals from off on, in the order in which they were "
     "sent",
     PEEK) {
    make_pending();
    for (int off = 0; off < 6; off++)
        EACH (int, it, 0, 1, 2, 32)
            CHECK (named("off %d, nr %d", off, *it)) {
                const int left = off < PENDING ? PENDING - off : 0;
                peek((uint64_t)off, 0, *it);
                expect_signals(&pending[PENDING - left], *it < left ? *it : left);
            }
    TEST("off 2^64 - 1", peek(~0ULL, 0, 1), expect_signals(pending, 0));
}

FACT("PEEKSIGINFO leaves the signals pending", PEEK) {
    make_pending();
    peek(0, 0, 4);
    TEST("read again", peek(0, 0, 4), expect_signals(pending, 4));
    TEST("delivered", go_on(PTRACE_CONT, 0), expect_stop(STOPPED_BY(SIGUSR1)));
    TEST("then", peek(0, 0, 4), expect_signals(pending, 3));
}

FACT("PEEKSIGINFO with PTRACE_PEEKSIGINFO_SHARED has the signals of the process, without those of "
     "the thread",
     PEEK) {
    static const int shared[] = {SIGWINCH, SIGUSR1};
    make_pending();
    // SIGWINCH becomes pending, too: a traced task is notified of ignored signals.
    send_to_process(SIGWINCH);
    send_to_process(SIGUSR1);
    TEST("shared", peek(0, PTRACE_PEEKSIGINFO_SHARED, 8), expect_signals(shared, 2));
    TEST("the thread's", peek(0, 0, 8), expect_signals(pending, 4));
}

FACT("PEEKSIGINFO without pending signals is 0", PEEK) {
    for (uint32_t flags = 0; flags <= PTRACE_PEEKSIGINFO_SHARED; flags++)
        TEST(named("flags %u", flags), peek(0, flags, 4), expect_signals(pending, 0));
}

FACT("PEEKSIGINFO with an unknown flag, or a negative nr, is EINVAL", PEEK) {
    make_pending();
    EACH (uint32_t, it, 2, 0x80000001)
        TEST(named("flags %u", *it), peek(0, *it, 1), expect_refusal(-EINVAL));
    EACH (int32_t, it, -1, -0x7fffffff - 1)
        TEST(named("nr %d", *it), peek(0, 0, *it), expect_refusal(-EINVAL));
}

FACT("PEEKSIGINFO with arguments, or an answer, that are not mapped is EFAULT", PEEK) {
    const struct ptrace_peeksiginfo_args arguments = {0, 0, 1};
    make_pending();
    TEST("arguments", ask(PTRACE_PEEKSIGINFO, NOWHERE, NOWHERE), expect_result(-EFAULT));
    TEST("answer", ask(PTRACE_PEEKSIGINFO, (uint64_t)&arguments, NOWHERE), expect_result(-EFAULT));
}

static void set_mask(uint64_t mask) {
    put(&mask, 1);
    ask(PTRACE_SETSIGMASK, 8, ANSWER);
}

FACT("GETSIGMASK of 8 bytes has the mask that was set", REQUEST) {
    EACH (uint64_t, it, 0, 0x1234, 1ULL << 63)
        TEST(named("0x%lx", *it), set_mask(*it), read_answer(PTRACE_GETSIGMASK, 8),
             expect_answer(8), expect_word("mask", 0, *it));
}

FACT("GETSIGMASK of another size is EINVAL, and to an address that is not mapped EFAULT", REQUEST) {
    EACH (uint64_t, it, 0, 4, 7, 9, 16, 128, (1ULL << 32) + 8)
        TEST(named("%lu bytes", *it), read_answer(PTRACE_GETSIGMASK, *it), expect_refusal(-EINVAL));
    TEST("not mapped", ask(PTRACE_GETSIGMASK, 8, NOWHERE), expect_result(-EFAULT));
}

FACT(BREAKPOINT " with SIGTRAP blocked takes SIGTRAP out of the mask",
     "force_sig_info_to_task, kernel/signal.c") {
    TEST("", set_mask(1 << (SIGTRAP - 1) | 1), GO(PTRACE_CONT, BREAKPOINT_CODE),
         read_answer(PTRACE_GETSIGMASK, 8), expect_word("mask", 0, 1));
}
