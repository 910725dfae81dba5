// The registers of a stopped thread, as ptrace(2) transfers them on riscv64: struct
// user_regs_struct.
#ifndef STUBLAB_RISCV64_REGISTERS_H
#define STUBLAB_RISCV64_REGISTERS_H

#include "shim.h"
#include <linux/elf.h>
#include <linux/ptrace.h>
#include <linux/uio.h>
#include <stdint.h>

/** Words of a register block: pc, and x1 to x31 by their numbers. */
enum { REG_PC = 0, REG_SP = 2, REG_S2 = 18, REG_A0 = 10, REG_A7 = 17, BLOCK_WORDS = 32 };

/** PTRACE_GETREGS does not exist. Returns 0 or -errno. */
static inline int64_t get_registers(int32_t tid, uint64_t *block) {
    struct iovec area = {block, BLOCK_WORDS * sizeof *block};
    return stublab_ptrace(PTRACE_GETREGSET, tid, NT_PRSTATUS, &area);
}

/** Writes the general registers of a stopped thread from a register block. */
static inline int64_t set_registers(int32_t tid, const uint64_t *block) {
    struct iovec area = {(void *)block, BLOCK_WORDS * sizeof *block};
    return stublab_ptrace(PTRACE_SETREGSET, tid, NT_PRSTATUS, &area);
}

/** The address of the instruction that the thread executes next. */
static inline uint64_t program_counter(const uint64_t *block) {
    return block[REG_PC];
}

#endif
