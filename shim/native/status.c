/*
 * The status words of wait4(2), decoded with the macros of <sys/wait.h>, which are the same on
 * every architecture. That header redeclares the signals, so this file contains nothing else.
 * WIFSTOPPED and WIFSIGNALED are not used: C libraries differ about words that the kernel never
 * stores (0x7f, 0xff).
 */
/* For WCOREDUMP, which <sys/wait.h> hides from C11 and POSIX. */
#define _DEFAULT_SOURCE /* NOLINT(bugprone-reserved-identifier) */
#include "native.h"

#include <asm/errno.h>
#include <linux/ptrace.h>
#include <sys/wait.h>

/* No header names these: the kernel's exit.c stores (signal << 8) | 0x7f and 0xffff. */
#define STOP_MARK 0x7f
#define STOP_SIGNAL_SHIFT 8
#define CONTINUED 0xffff

/* The bit that PTRACE_O_TRACESYSGOOD (ptrace(2)) adds to SIGTRAP at a system call stop. */
#define SYSGOOD_BIT 0x80

_Static_assert(WIFSTOPPED(SIGTRAP << STOP_SIGNAL_SHIFT | STOP_MARK) &&
                   WSTOPSIG(SIGTRAP << STOP_SIGNAL_SHIFT | STOP_MARK) == SIGTRAP,
               "the libc knows a stop by the same mark");
_Static_assert(WIFCONTINUED(CONTINUED), "the libc knows a continued task by the same word");

static int is_stop(int32_t status) {
    return (status & 0xff) == STOP_MARK;
}

/* The PTRACE_EVENT_* that the kernel stores above the word of the stop. */
static int32_t event_of(int32_t status) {
    return (int32_t)((uint32_t)status >> 16);
}

static int32_t stop_kind(int32_t status) {
    int32_t signal = WSTOPSIG(status);

    switch (event_of(status)) {
    case 0:
        return signal == (SIGTRAP | SYSGOOD_BIT) ? WAIT_SYSCALL_STOP : WAIT_STOPPED;
    case PTRACE_EVENT_STOP:
        /* PTRACE_INTERRUPT and the first stop of a seized tracee's child are stops by SIGTRAP. */
        return signal == SIGTRAP ? WAIT_EVENT : WAIT_GROUP_STOP;
    default:
        return WAIT_EVENT;
    }
}

/* The kind of a word without an event that is neither a stop nor CONTINUED. */
static int32_t end_kind(int32_t status) {
    if (WIFEXITED(status))
        return WCOREDUMP(status) ? -EINVAL : WAIT_EXITED;
    /* 0x7f with the core bit is not a signal, and a killed process has no exit code. */
    if (WTERMSIG(status) == STOP_MARK || WEXITSTATUS(status))
        return -EINVAL;
    return WAIT_SIGNALED;
}

int32_t native_wait_kind(int32_t status) {
    if (is_stop(status))
        return stop_kind(status);
    if (WIFCONTINUED(status))
        return WAIT_CONTINUED;
    if (event_of(status))
        return -EINVAL;
    return end_kind(status);
}

int32_t native_wait_value(int32_t status) {
    switch (native_wait_kind(status)) {
    case WAIT_EXITED:
        return WEXITSTATUS(status);
    case WAIT_SIGNALED:
        return WTERMSIG(status);
    case WAIT_SYSCALL_STOP:
        return SIGTRAP;
    case WAIT_STOPPED:
    case WAIT_EVENT:
    case WAIT_GROUP_STOP:
        return WSTOPSIG(status);
    default:
        return 0;
    }
}

int32_t native_wait_event(int32_t status) {
    return is_stop(status) ? event_of(status) : 0;
}

int32_t native_wait_core_dumped(int32_t status) {
    return native_wait_kind(status) == WAIT_SIGNALED && WCOREDUMP(status);
}

int32_t native_encode_stop(int32_t signal) {
    return (int32_t)((uint32_t)signal << STOP_SIGNAL_SHIFT | STOP_MARK);
}
