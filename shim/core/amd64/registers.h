// The registers of a stopped thread, as ptrace(2) transfers them on amd64.
#ifndef STUBLAB_AMD64_REGISTERS_H
#define STUBLAB_AMD64_REGISTERS_H

#include "register_indices.h"
#include "shim.h"
#include <asm/ptrace-abi.h>
#include <linux/elf.h>
#include <linux/ptrace.h>
#include <stdint.h>

/** The note type of the floating-point and vector registers: the XSAVE area. */
enum { EXTENDED_STATE = NT_X86_XSTATE };

/** Every component of an XSAVE area except AMX tiles (18), which a process must request. */
#define EVERY_COMPONENT (~(UINT64_C(1) << 18))

/** The control words after an execve. */
enum { INITIAL_FCW = 0x37f, INITIAL_MXCSR = 0x1f80 };

/**
 * offsetof(struct user, u_debugreg), the end of that, and from its beginning the end of the
 * addresses of breakpoints, and the registers that report and that enable.
 */
enum { DEBUG_REGISTERS = 848, END_OF_DEBUG_REGISTERS = 912 };
enum { END_OF_BREAKPOINTS = 4 * 8, DEBUG_STATUS = 6 * 8, DEBUG_CONTROL = 7 * 8 };

/** Reads the general registers of a stopped thread into a register block. */
static inline int64_t get_registers(int32_t tid, uint64_t *block) {
    return stublab_ptrace(PTRACE_GETREGS, tid, 0, block);
}

/** Writes the general registers of a stopped thread from a register block. */
static inline int64_t set_registers(int32_t tid, const uint64_t *block) {
    return stublab_ptrace(PTRACE_SETREGS, tid, 0, (void *)block);
}

/** Reads the general registers of a guest at a system call stop. */
static inline int64_t get_call_registers(int32_t tid, uint64_t *block,
                                         struct stublab_switch *exchange) {
    (void)exchange;
    return get_registers(tid, block);
}

/** The address of the instruction that the thread executes next. */
static inline uint64_t program_counter(const uint64_t *block) {
    return block[REG_RIP];
}

/** The number of words in a register block. */
enum { BLOCK_WORDS = REG_GS + 1 };

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

#endif
