#ifndef STUBLAB_SIGNAL_H
#define STUBLAB_SIGNAL_H

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

#endif
