// PTRACE_GET_SYSCALL_INFO, for facts of all architectures.
#ifndef STUBLAB_PROBE_SYSCALL_INFO_H
#define STUBLAB_PROBE_SYSCALL_INFO_H

#include "own.h"

#define GET_INFO "ptrace_get_syscall_info, kernel/ptrace.c"
/** More bytes than struct ptrace_syscall_info has in any Linux: 88. */
enum { LONGEST_INFO = 96 };

static inline void read_info(void) {
    read_answer(PTRACE_GET_SYSCALL_INFO, LONGEST_INFO);
}

static inline void expect_call(uint64_t number, const uint64_t arguments[6]) {
    static const char *const names[] = {"argument 0", "argument 1", "argument 2",
                                        "argument 3", "argument 4", "argument 5"};
    expect_word("number", 24, number);
    for (uint32_t i = 0; i < 6; i++)
        expect_word(names[i], 32 + 8 * i, arguments[i]);
}

#endif
