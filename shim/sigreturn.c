#include "sigreturn.h"
#include "syscall_amd64.h"
#include <asm-generic/errno.h>
#include <asm-generic/poll.h>
#include <linux/futex.h>
#include <linux/time.h>
#include <stddef.h>

#define LIES_AT(type, member, offset)                                                              \
    _Static_assert(offsetof(struct stublab_##type, member) == (offset), #type "." #member)

// The assembler's offsets.
LIES_AT(exchange, turn, EXCHANGE_TURN);
LIES_AT(exchange, next, EXCHANGE_NEXT);
LIES_AT(exchange, count, EXCHANGE_COUNT);
LIES_AT(exchange, bases, EXCHANGE_BASES);
LIES_AT(exchange, ds, EXCHANGE_DS);
LIES_AT(exchange, es, EXCHANGE_ES);
LIES_AT(exchange, setups, EXCHANGE_SETUPS);
LIES_AT(exchange, outcomes, EXCHANGE_OUTCOMES);
LIES_AT(setup, uc_flags, SETUP_UC_FLAGS);
LIES_AT(setup, fpstate, SETUP_FPSTATE);
LIES_AT(setup, words, SETUP_WORDS);
LIES_AT(outcome, error, OUTCOME_ERROR);
LIES_AT(outcome, refused_at, OUTCOME_REFUSED_AT);
LIES_AT(outcome, resumed, OUTCOME_RESUMED);
LIES_AT(outcome, status, OUTCOME_STATUS);
LIES_AT(outcome, signal, OUTCOME_SIGNAL);
LIES_AT(outcome, code, OUTCOME_CODE);
LIES_AT(outcome, address, OUTCOME_ADDRESS);
LIES_AT(outcome, stopped, OUTCOME_STOPPED);
LIES_AT(outcome, frame, OUTCOME_FRAME);
_Static_assert(sizeof(struct stublab_setup) == SETUP_SIZE, "setup");
_Static_assert(sizeof(struct stublab_outcome) == OUTCOME_SIZE, "outcome");

extern const char stublab_sigreturn_begin[];
extern const char stublab_sigreturn_handler[];
extern const char stublab_sigreturn_end[];

int64_t stublab_sigreturn_code(void *page, uint64_t length) {
    int64_t size = stublab_sigreturn_end - stublab_sigreturn_begin;
    if ((uint64_t)size > length)
        return -ENOSPC;
    for (int64_t i = 0; i < size; i++)
        ((volatile char *)page)[i] = stublab_sigreturn_begin[i];
    return size;
}

uint32_t stublab_sigreturn_handler_offset(void) {
    return (uint32_t)(stublab_sigreturn_handler - stublab_sigreturn_begin);
}

uint32_t stublab_exchange_length(void) {
    return sizeof(struct stublab_exchange);
}

static int64_t futex(uint32_t *word, int operation, uint32_t value,
                     const struct __kernel_timespec *end) {
    return syscall6(__NR_futex, (long)word, operation, value, (long)end, 0,
                    (long)FUTEX_BITSET_MATCH_ANY);
}

int64_t stublab_give_turn(struct stublab_exchange *exchange) {
    __atomic_store_n(&exchange->turn, 1, __ATOMIC_RELEASE);
    return futex(&exchange->turn, FUTEX_WAKE, 1, 0);
}

int64_t stublab_await_turn(struct stublab_exchange *exchange, int64_t timeout) {
    struct __kernel_timespec end = {0};
    syscall2(__NR_clock_gettime, CLOCK_MONOTONIC, (long)&end);
    int64_t nanoseconds = end.tv_nsec + timeout % 1000000 * 1000;
    end.tv_sec += timeout / 1000000 + nanoseconds / 1000000000;
    end.tv_nsec = nanoseconds % 1000000000;
    while (__atomic_load_n(&exchange->turn, __ATOMIC_ACQUIRE) != 0) {
        // Until a point in time, so that whoever interrupts it does not prolong it.
        int64_t result = futex(&exchange->turn, FUTEX_WAIT_BITSET, 1, &end);
        if (result == -ETIMEDOUT)
            return 0;
        if (result < 0 && result != -EINTR && result != -EAGAIN)
            return result;
    }
    return 1;
}

int64_t stublab_pidfd(int32_t pid) {
    return syscall2(__NR_pidfd_open, pid, 0);
}

int64_t stublab_has_ended(int32_t pidfd) {
    struct pollfd poll = {.fd = pidfd, .events = POLLIN};
    return syscall3(__NR_poll, (long)&poll, 1, 0);
}

int64_t stublab_close(int32_t file) {
    return syscall1(__NR_close, file);
}
