#ifndef STUBLAB_SIGNAL_H
#define STUBLAB_SIGNAL_H

#include "machine.h"
#include <asm/signal.h>
#include <stdint.h>

enum { SIGNALS = 64, SIGSET_SIZE = 8 };

/** The kernel's struct sigaction, which differs from every C library's. */
struct kernel_sigaction {
    const void *handler; /* 0: SIG_DFL */
    unsigned long flags;
    const void *restorer;
    uint64_t mask;
};

/** Sets the default disposition for every signal that can be handled. */
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
