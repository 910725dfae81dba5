// The registers of a stopped thread, as ptrace(2) transfers them on arm64: struct user_pt_regs.
#ifndef STUBLAB_ARM64_REGISTERS_H
#define STUBLAB_ARM64_REGISTERS_H

#include "register_indices.h"
#include "shim.h"
#include <linux/elf.h>
#include <linux/ptrace.h>
#include <linux/uio.h>
#include <stdint.h>

/** Words of a register block: x0 to x30, sp, pc, pstate. */
enum { BLOCK_WORDS = REG_PSTATE + 1 };

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

/**
 * Reads the general registers of a guest at a system call stop. There x7 reads 0, and what is
 * written to it is lost, so this also moves the thread to its next stop, which precedes its next
 * instruction. Returns 0; STUBLAB_END_OTHER at an event or at the end; or -errno.
 */
int64_t get_call_registers(int32_t tid, uint64_t *block, struct stublab_run *run);

/** The address of the instruction that the thread executes next. */
static inline uint64_t program_counter(const uint64_t *block) {
    return block[REG_PC];
}

#endif
