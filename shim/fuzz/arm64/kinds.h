// What no case has on arm64: kinds of setups that setups.c and stops.c know.
#ifndef STUBLAB_ARM64_KINDS_H
#define STUBLAB_ARM64_KINDS_H

#include <asm/signal.h>
#include <stdint.h>

/** Numbers that no setup has. */
enum {
    STUBLAB_FROM_ENTRY32 = 0xf0,
    STUBLAB_FROM_EXIT32,
    STUBLAB_FROM_STEP32,
    STUBLAB_WAY_SIGMASK,
};

/**
 * Whether the kernel's own signal looks as if a process had sent it: that of a single-step over a
 * system call has SI_USER and the pid 0.
 */
static inline int is_step_over_call(int32_t signal, int32_t code, uint64_t address) {
    return signal == SIGTRAP && code == 0 && address == 0;
}

#endif
