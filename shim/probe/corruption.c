// Floating point that a case must not change: that of the probe, which has a pattern in its vector
// registers while stubs try cases (shim/fuzz/canary.h), and that of a stub that tries none. If it
// changes, the kernel has mixed up the floating point of two processes, as kernels have done when a
// frame of rt_sigreturn was refused halfway.
#include "trying.h"
#include <asm/signal.h>

static char change[512];
bool is_corrupted;

static void begin_change(const char *whose) {
    is_corrupted = true;
    say_to(change);
    say("the floating point of %s changed while another process tried a case: ", whose);
}

/** The first register that has changed, and its value. */
static void describe_canary(void) {
    enum { WORDS = 4, STATUS = STUBLAB_CANARIES };
    const uint32_t n = (uint32_t)__builtin_ctz(canary.changed);
    begin_change("the tracing thread");
    if (n == STATUS)
        say("%s is 0x%x", STATUS_REGISTER, canary.mxcsr);
    else if (n > STATUS)
        say("%s is 0x%x", CONTROL_REGISTER, canary.control);
    else {
        say("%s%u has the words", VECTOR_REGISTER(canary.wide), VECTOR_NUMBER(n));
        for (uint32_t k = 0; k < WORDS; k++)
            say(" 0x%lx", canary.seen[WORDS * n + k]);
    }
    say_to(0);
}

const char *describe_corruption(void) {
    if (canary.changed != 0)
        describe_canary();
    return change;
}

/*
 * The other stub. It runs at each look, so that the processor may hold its floating point when the
 * next case is tried.
 */

/** struct _xstate: the vector registers, and between them bytes that say which components are in
 * use: those may change as programs run. */
enum { XMM = 160, AFTER_XMM = 416, NO_REGISTERS = 464, YMM = 576 };
/** All but XFEATURE_MASK_USER_DYNAMIC: components that a process need not ask for. */
#define EVERY_COMPONENT (~(1ULL << 18))

static struct tracee idle;
static uint8_t expected[STUBLAB_MOST_XSTATE], seen[STUBLAB_MOST_XSTATE];
/** Bytes of the area; 0 or less: the machine has none. */
static int64_t length;

void end_idle(void) {
    end_stub(&idle, &master);
}

static void put_pattern(int64_t from, int64_t end) {
    for (int64_t at = from; at < end && at < length; at++)
        expected[at] = (uint8_t)(at % 251);
}

static int64_t start_idle(void) {
    int64_t result = clone_stub(&master, &idle, SIGCHLD);
    if (result < 0)
        return result;
    length = stublab_fresh_xstate(idle.pid, expected, sizeof expected, EVERY_COMPONENT);
    put_pattern(XMM, AFTER_XMM);
    put_pattern(YMM, YMM + AFTER_XMM - XMM);
    if (length > 0)
        stublab_write_xstate(idle.pid, expected, (uint64_t)length);
    length = stublab_read_xstate(idle.pid, expected, sizeof expected);
    return length == -ESRCH ? length : 0;
}

static void say_row(const uint8_t *area, int64_t at) {
    for (int64_t i = at & ~7; i < (at & ~7) + 8; i++)
        say("%s%x", area[i] < 16 ? "0" : "", area[i]);
}

int64_t look_at_idle(void) {
    if (birth_error < 0)
        return 0;
    int64_t result = idle.pid == 0 ? start_idle() : 0;
    if (result == 0)
        result = INJECT(&idle, __NR_getpid, 0);
    if (result > 0)
        result = stublab_read_xstate(idle.pid, seen, sizeof seen);
    if (result < 0 && length > 0)
        return result;
    for (int64_t at = 0; at < length; at++) {
        if (seen[at] == expected[at] || (at >= NO_REGISTERS && at < YMM))
            continue;
        begin_change("a stub that is idle");
        say("at offset %ld of its XSAVE area it has the bytes ", at);
        say_row(seen, at);
        say(", and had ");
        say_row(expected, at);
        say_to(0);
        return CORRUPTED;
    }
    return 0;
}
