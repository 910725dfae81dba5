// What a trial of setups has to know of amd64.
#ifndef STUBLAB_AMD64_KINDS_H
#define STUBLAB_AMD64_KINDS_H

#include "records.h"
#include "registers.h"
#include <stdint.h>

/** Every component of an XSAVE area except AMX tiles (18), which a process must request. */
#define EVERY_COMPONENT (~(UINT64_C(1) << 18))

/**
 * offsetof(struct user, u_debugreg), how many there are, and from its beginning the end of the
 * addresses of breakpoints, and the registers that report and that enable.
 */
enum { DEBUG_REGISTERS = 848, DEBUG_REGISTER_WORDS = 8 };
enum { END_OF_BREAKPOINTS = 4 * 8, DEBUG_STATUS = 6 * 8, DEBUG_CONTROL = 7 * 8 };

/**
 * Whether a setup pokes one of the `count` words from the offset `from` on, with a word for which
 * `is_meant` holds. With 0 for `is_meant` every word counts.
 */
int pokes(const struct stublab_setup *setup, uint64_t from, uint64_t count,
          int (*is_meant)(uint64_t));

/** Whether a way leaves no general register as it was. */
static inline int writes_all(unsigned int way) {
    return way == STUBLAB_WAY_SETREGS;
}

/** Bytes of the breakpoint instruction: after its trap, the program counter is past it. */
enum { BREAKPOINT_LENGTH = 1 };

/** Sets a register block to make a system call with the instruction at `address`. */
static inline void prepare_call(uint64_t *block, uint64_t address, uint64_t number) {
    block[REG_RAX] = number;
    block[REG_RIP] = address;
}

/**
 * The address of the registers in a signal frame on the stack: the return address, uc_flags,
 * uc_link and uc_stack come before them.
 */
static inline uint64_t frame_registers(const uint64_t *block) {
    return block[REG_RSP] + 8 + 40;
}

/** Whether the kernel's own signal looks as if a process had sent it: none does. */
static inline int is_step_over_call(int32_t signal, int32_t code, uint64_t address) {
    (void)signal, (void)code, (void)address;
    return 0;
}

#endif
