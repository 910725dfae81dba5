// The registers of a stopped thread, as ptrace(2) transfers them on amd64.
#ifndef STUBLAB_AMD64_REGISTERS_H
#define STUBLAB_AMD64_REGISTERS_H

#include "register_indices.h"
#include "shim.h"
#include <asm/ptrace-abi.h>
#include <linux/elf.h>
#include <linux/ptrace.h>
#include <stdint.h>

/** The number of words in a register block. */
enum { BLOCK_WORDS = REG_GS + 1 };

/** The control words after an execve. */
enum { INITIAL_FCW = 0x37f, INITIAL_MXCSR = 0x1f80 };

/** Reads the general registers of a stopped thread into a register block. */
static inline int64_t get_registers(int32_t tid, uint64_t *block) {
    return stublab_ptrace(PTRACE_GETREGS, tid, 0, block);
}

/** Writes the general registers of a stopped thread from a register block. */
static inline int64_t set_registers(int32_t tid, const uint64_t *block) {
    return stublab_ptrace(PTRACE_SETREGS, tid, 0, (void *)block);
}

/** Reads the general registers of a guest at a system call stop. */
static inline int64_t get_call_registers(int32_t tid, uint64_t *block, struct stublab_run *run) {
    (void)run;
    return get_registers(tid, block);
}

/** The address of the instruction that the thread executes next. */
static inline uint64_t program_counter(const uint64_t *block) {
    return block[REG_RIP];
}

#endif
