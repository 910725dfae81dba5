/* Results of system calls, for both architectures. */
#ifndef STUBLAB_NATIVE_RESULT_H
#define STUBLAB_NATIVE_RESULT_H

#include <stdint.h>

/* MAX_ERRNO of the kernel's include/linux/err.h, which is not exported. */
#define LAST_ERRNO 4095

/* Errnos of the kernel's include/linux/errno.h, which is not exported: only a tracer sees them. */
#define RESTARTSYS 512
#define RESTARTNOINTR 513
#define RESTARTNOHAND 514
#define RESTART_RESTARTBLOCK 516

static inline int32_t errno_of(uint64_t result) {
    uint64_t error = 0 - result;

    return error <= LAST_ERRNO ? (int32_t)error : 0;
}

static inline int asks_for_restart(int32_t error) {
    return error == RESTARTSYS || error == RESTARTNOINTR || error == RESTARTNOHAND ||
           error == RESTART_RESTARTBLOCK;
}

#endif
