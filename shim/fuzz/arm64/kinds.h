// What a trial of setups has to know of arm64.
#ifndef STUBLAB_ARM64_KINDS_H
#define STUBLAB_ARM64_KINDS_H

#include "registers.h"
#include <asm/signal.h>
#include <stdint.h>

/** Kinds that no setup has here. */
enum {
    STUBLAB_FROM_ENTRY32 = 0xf0,
    STUBLAB_FROM_EXIT32,
    STUBLAB_FROM_STEP32,
    STUBLAB_WAY_SIGMASK,
};

/** Whether a way leaves no general register as it was: after a refused write that is rare. */
static inline int writes_all(unsigned int way) {
    (void)way;
    return 0;
}

/** Bytes from rest, which is a NOP, to the breakpoint that stops there. */
enum { BREAKPOINT_LENGTH = 4 };

/** Sets a register block to make a system call with the instruction at `address`. */
static inline void prepare_call(uint64_t *block, uint64_t address, uint64_t number) {
    block[8] = number;
    block[REG_PC] = address;
}

/**
 * The address of the registers in a signal frame on the stack: siginfo, and the beginning of
 * ucontext come before them.
 */
static inline uint64_t frame_registers(const uint64_t *block) {
    return block[REG_SP] + 128 + 176;
}

/**
 * Whether the kernel's own signal looks as if a process had sent it: that of a single-step over a
 * system call has SI_USER and the pid 0.
 */
static inline int is_step_over_call(int32_t signal, int32_t code, uint64_t address) {
    return signal == SIGTRAP && code == 0 && address == 0;
}

#endif
