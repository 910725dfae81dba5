// What no case has on arm64: kinds of setups that setups.c and stops.c know.
#ifndef STUBLAB_ARM64_KINDS_H
#define STUBLAB_ARM64_KINDS_H

#include <asm/signal.h>
#include <stdint.h>

/** More than a byte, as the members of a setup are, so these never occur. */
enum {
    STUBLAB_FROM_ENTRY32 = 0x100,
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
