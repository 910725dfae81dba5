#ifndef STUBLAB_SIGNAL_H
#define STUBLAB_SIGNAL_H

#include "syscall_amd64.h"
#include <asm/signal.h>
#include <stdint.h>

enum { SIGNALS = 64, SIGSET_SIZE = 8 };

/** The kernel's struct sigaction on x86-64, which differs from every C library's. */
struct kernel_sigaction {
    const void *handler; /* 0: SIG_DFL */
    unsigned long flags;
    const void *restorer;
    uint64_t mask;
};

/** Gives every signal that can be handled its default disposition. */
static inline long default_dispositions(void) {
    const struct kernel_sigaction fallback = {0};
    for (long signal = 1; signal <= SIGNALS; signal++) {
        if (signal == SIGKILL || signal == SIGSTOP)
            continue;
        long result = syscall4(__NR_rt_sigaction, signal, (long)&fallback, 0, SIGSET_SIZE);
        if (result < 0)
            return result;
    }
    return 0;
}

#endif
