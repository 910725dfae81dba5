#include "handler.h"
#include "machine.h"
#include "signal.h"
#include "signal_frame.h"
#include <asm-generic/errno.h>
#include <asm-generic/fcntl.h>
#include <linux/fcntl.h>
#include <linux/futex.h>
#include <linux/mman.h>
#include <linux/time.h>

extern const char stublab_handler_begin[];
extern const char stublab_handler_limits[];
extern const char stublab_handler[];
extern const char stublab_handler_set_up[];
extern const char stublab_handler_is_set_up[];
extern const char stublab_handler_end[];

enum {
    /* A signal frame without the XSAVE area, the alignments and the red zone. */
    FRAME_ROOM = 1024,
    HOST_YIELDS = 8,
    STUB_YIELDS = 3,
    LEAST_BUDGET = 64,
    FIRST_TICK_MICROSECONDS = 250,
    LONGEST_TICK_MICROSECONDS = 5000,
    SI_CODE = 2,
    SI_PID = 4,
    SI_TKILL = -6,
};

#define SA_SIGINFO_ONSTACK (4UL | 0x08000000UL)

static volatile uint32_t *half_word(const struct stublab_pages *pages, uint32_t offset) {
    return (volatile uint32_t *)(pages->shared + pages->stack + offset);
}

/** The header's stack_t. */
static void describe_stack(const struct stublab_pages *pages) {
    uint64_t *stack = (uint64_t *)(pages->shared + pages->stack + HEADER_ALTSTACK);
    stack[0] = pages->address;
    stack[1] = 0;
    stack[2] = pages->stack;
}

/** The header's arguments for the set-up, with their addresses in the stub. */
static void write_arguments(const struct stublab_pages *pages, uint64_t injection) {
    char *header = (char *)(pages->shared + pages->stack);
    const uint64_t in_stub = pages->address + pages->stack;
    const uint64_t code = in_stub + HEADER_LENGTH;
    struct kernel_sigaction *action = (struct kernel_sigaction *)(header + HEADER_ACTION);
    action->handler = (void *)(code + (uint64_t)(stublab_handler - stublab_handler_begin));
    action->flags = SA_SIGINFO_ONSTACK | SA_RESTORER;
    action->restorer = action->handler;
    action->mask = ~UINT64_C(0);
    describe_stack(pages);
    struct sock_filter *filter = (struct sock_filter *)(header + HEADER_FILTER);
    uint64_t *program = (uint64_t *)(header + HEADER_PROGRAM);
    program[0] = write_stub_filter(filter, code, injection);
    program[1] = in_stub + HEADER_FILTER;
}

int64_t stublab_plan_pages(struct stublab_pages *pages, uint64_t stub, uint64_t xstate_length) {
    pages->stack = (xstate_length + FRAME_ROOM + PAGE_SIZE - 1) & ~(PAGE_SIZE - UINT64_C(1));
    pages->address = stub - PAGE_SIZE - HEADER_LENGTH - pages->stack;
    pages->frame = 0;
    return (int64_t)pages->stack + HEADER_LENGTH;
}

int64_t stublab_open_pages(struct stublab_pages *pages, uint64_t stub, const void *xstate) {
    const long length = (long)pages->stack + HEADER_LENGTH;
    take_features(pages, xstate);
    write_arguments(pages, stub + stublab_stub_syscall_offset() + SYSCALL_BYTES);
    return syscall3(__NR_madvise, (long)pages->shared, length, MADV_DONTFORK);
}

int64_t stublab_clear_pages(struct stublab_pages *pages) {
    volatile uint64_t *words = (volatile uint64_t *)pages->shared;
    for (uint64_t i = 0; i < (pages->stack + HEADER_LENGTH) / sizeof *words; i++)
        words[i] = 0;
    describe_stack(pages);
    pages->pending[0] = 0;
    return 0;
}

int64_t stublab_handler_code(void *page, uint64_t length, uint32_t spins) {
    const int64_t size = stublab_handler_end - stublab_handler_begin;
    if ((uint64_t)size > length)
        return -ENOSPC;
    for (int64_t i = 0; i < size; i++)
        ((volatile char *)page)[i] = stublab_handler_begin[i];
    uint32_t *limits =
        (uint32_t *)((char *)page + (stublab_handler_limits - stublab_handler_begin));
    limits[0] = spins;
    limits[1] = spins == 0 ? STUB_YIELDS : 0;
    return size;
}

uint32_t stublab_handler_set_up_offset(void) {
    return (uint32_t)(stublab_handler_set_up - stublab_handler_begin);
}

uint32_t stublab_handler_is_set_up_offset(void) {
    return (uint32_t)(stublab_handler_is_set_up - stublab_handler_begin);
}

static int64_t futex(volatile uint32_t *word, int operation, uint32_t value,
                     const struct __kernel_timespec *timeout) {
    return syscall4(__NR_futex, (long)word, operation, value, (long)timeout);
}

/** Whether it is the host's turn. A guest may have written any value. */
static int has_turn(volatile uint32_t *turn) {
    return __atomic_load_n(turn, __ATOMIC_ACQUIRE) != TURN_STUB;
}

int64_t stublab_prepare_handler(struct stublab_pages *pages) {
    *half_word(pages, HEADER_HOST_SLEEPS) = 0;
    *half_word(pages, HEADER_STUB_SLEEPS) = 0;
    __atomic_store_n(half_word(pages, HEADER_TURN), TURN_STUB, __ATOMIC_SEQ_CST);
    pages->budget = pages->spins;
    return 0;
}

static void give_turn(struct stublab_pages *pages) {
    volatile uint32_t *turn = half_word(pages, HEADER_TURN);
    __atomic_store_n(turn, TURN_STUB, __ATOMIC_SEQ_CST);
    if (*half_word(pages, HEADER_STUB_SLEEPS) != 0)
        futex(turn, FUTEX_WAKE, 1, 0);
}

/** Looks for the turn without sleeping. */
static int poll_turn(struct stublab_pages *pages, volatile uint32_t *turn) {
    if (pages->spins == 0) {
        for (int i = 0; i < HOST_YIELDS; i++) {
            syscall0(__NR_sched_yield);
            if (has_turn(turn))
                return 1;
        }
        return 0;
    }
    for (uint32_t i = 0; i < pages->budget; i++) {
        if (has_turn(turn)) {
            pages->budget = pages->budget * 2 < pages->spins ? pages->budget * 2 : pages->spins;
            return 1;
        }
        relax();
    }
    pages->budget = pages->budget / 2 > LEAST_BUDGET ? pages->budget / 2 : LEAST_BUDGET;
    return 0;
}

/**
 * Whether a process may be stopped by a signal: the state in /proc/PID/stat is T. Without a
 * descriptor it is not known, and a SIGCONT too many does no harm.
 */
static int may_be_stopped(int32_t pid) {
    char path[32] = "/proc/";
    char digits[12];
    int length = 6;
    int count = 0;
    for (int32_t rest = pid; rest > 0; rest /= 10)
        digits[count++] = (char)('0' + rest % 10);
    while (count > 0)
        path[length++] = digits[--count];
    static const char name[] = "/stat";
    for (unsigned int i = 0; i < sizeof name; i++)
        path[length++] = name[i];
    char text[64] = {0};
    int64_t file = syscall4(__NR_openat, AT_FDCWD, (long)path, O_RDONLY | O_CLOEXEC, 0);
    if (file < 0)
        return 1;
    int64_t size = syscall3(__NR_read, file, (long)text, sizeof text - 1);
    syscall1(__NR_close, file);
    while (size > 0 && text[size - 1] != ')')
        size--;
    return size > 0 && text[size + 1] == 'T';
}

/** Looks after a stub that has not given the turn for a while. Returns 1 if it has ended. */
static int watch(const struct stublab_pages *pages) {
    if (stublab_has_ended(pages->pidfd))
        return 1;
    /* No tracer passes over a SIGSTOP of another process. */
    if (may_be_stopped(pages->tgid))
        stublab_tgkill(pages->tgid, pages->tgid, SIGCONT);
    return 0;
}

/** Waits for the host's turn. Returns 0, STUBLAB_END_OTHER if the stub has ended, or -ETIMEDOUT. */
static int64_t await_turn(struct stublab_pages *pages, struct stublab_deadline *deadline) {
    volatile uint32_t *turn = half_word(pages, HEADER_TURN);
    volatile uint32_t *sleeps = half_word(pages, HEADER_HOST_SLEEPS);
    if (poll_turn(pages, turn))
        return 0;
    int64_t result = 0;
    int64_t tick = FIRST_TICK_MICROSECONDS;
    __atomic_store_n(sleeps, 1, __ATOMIC_SEQ_CST);
    while (result == 0 && !has_turn(turn)) {
        const int64_t left = stublab_time_left(deadline);
        if (left <= 0) {
            result = -ETIMEDOUT;
            break;
        }
        const int64_t pause = left < tick ? left : tick;
        tick = tick * 2 < LONGEST_TICK_MICROSECONDS ? tick * 2 : LONGEST_TICK_MICROSECONDS;
        const struct __kernel_timespec timeout = {.tv_nsec = pause * 1000};
        /* Signals may interrupt every sleep, so that none times out. */
        futex(turn, FUTEX_WAIT, TURN_STUB, &timeout);
        if (!has_turn(turn) && watch(pages))
            result = STUBLAB_END_OTHER;
    }
    *sleeps = 0;
    return result;
}

int64_t stublab_await_handler(struct stublab_pages *pages, struct stublab_deadline *deadline) {
    const int64_t result = await_turn(pages, deadline);
    return result != 0 ? result : find_frame(pages);
}

static void copy_siginfo(int32_t *to, const volatile int32_t *from) {
    for (int i = 0; i < 32; i++)
        to[i] = from[i];
}

static void read_siginfo(const struct stublab_pages *pages, int32_t *siginfo) {
    copy_siginfo(siginfo, (const volatile int32_t *)(pages->shared + pages->info));
    if (siginfo[0] < 1 || siginfo[0] > SIGNALS)
        siginfo[0] = SIGILL;
}

/** Whether the signal is the SIGCONT by which `watch` resumes a stub. */
static int is_own_continue(const int32_t *siginfo) {
    return siginfo[0] == SIGCONT && siginfo[SI_CODE] == SI_TKILL &&
           siginfo[SI_PID] == (int32_t)syscall0(__NR_getpid);
}

/** The results of a switch that was ended by the signal in `run->siginfo`. */
static int64_t stopped(struct stublab_run *run, int call) {
    run->status = 0x7f | run->siginfo[0] << 8;
    return call ? STUBLAB_END_DONE : STUBLAB_END_SIGNAL;
}

int64_t stublab_switch_handler_wait(struct stublab_pages *pages, void *block,
                                    struct stublab_run *run) {
    run->step = STUBLAB_STEP_WAIT;
    for (;;) {
        int64_t result = await_turn(pages, &run->deadline);
        if (result != 0)
            return result;
        /* A guest that wrote another place to the header has its state read from the last one. */
        find_frame(pages);
        read_siginfo(pages, run->siginfo);
        if (!is_own_continue(run->siginfo))
            break;
        if (stublab_time_left(&run->deadline) <= 0)
            return -ETIMEDOUT;
        give_turn(pages);
    }
    const int call = read_frame(pages, block, run->siginfo);
    if (call && run->siginfo[SI_CODE] <= 0)
        copy_siginfo(pages->pending, run->siginfo);
    return stopped(run, call);
}

/** Writes the state of a guest to the signal frame. */
static int64_t write_guest(const struct stublab_pages *pages, const void *block, const void *xstate,
                           struct stublab_run *run) {
    if (run->xstate_length != 0) {
        run->step = STUBLAB_STEP_SETREGSET;
        const int64_t result = write_area(pages, xstate, run->xstate_length);
        if (result < 0)
            return result;
    }
    run->step = STUBLAB_STEP_SETREGS;
    return write_frame(pages, block);
}

int64_t stublab_switch_handler(struct stublab_pages *pages, void *block, void *xstate,
                               struct stublab_run *run) {
    const int64_t result = write_guest(pages, block, xstate, run);
    if (result != 0)
        return result;
    if (pages->pending[0] != 0) {
        copy_siginfo(run->siginfo, pages->pending);
        pages->pending[0] = 0;
        forget_call(block);
        return stopped(run, 0);
    }
    give_turn(pages);
    return stublab_switch_handler_wait(pages, block, run);
}

int64_t stublab_save_pages(struct stublab_pages *pages, void *xstate, uint64_t length) {
    read_area(pages, xstate, length);
    return 0;
}
