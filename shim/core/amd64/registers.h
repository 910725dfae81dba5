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

/**
 * Whether the kernel would restart a system call with this result at an exit through signal work
 * (-ERESTARTSYS to -ERESTART_RESTARTBLOCK; include/linux/errno.h).
 */
static inline int restarts(const uint64_t *block) {
    return block[REG_RAX] + 516 <= 516 - 512;
}

/** From this number of changed words on, one PTRACE_SETREGS is cheaper than PTRACE_POKEUSER. */
enum { MANY_CHANGES = 4 };

/**
 * Whether a word of the block must be written. `orig_rax` matters only if the kernel would restart
 * the call that it names.
 */
static inline int is_changed(const uint64_t *block, const uint64_t *held, uint32_t word) {
    return block[word] != held[word] && (word != REG_ORIG_RAX || restarts(block));
}

/** Writes the words of a register block that differ from those that the thread has. */
static inline int64_t write_changes(int32_t tid, const uint64_t *block, const uint64_t *held) {
    uint32_t changed[BLOCK_WORDS];
    uint32_t count = 0;
    for (uint32_t word = 0; word < BLOCK_WORDS; word++)
        if (is_changed(block, held, word))
            changed[count++] = word;
    if (count >= MANY_CHANGES)
        return set_registers(tid, block);
    int64_t result = 0;
    for (uint32_t i = 0; i < count && result >= 0; i++)
        result = stublab_ptrace(PTRACE_POKEUSR, tid, changed[i] * sizeof *block,
                                (void *)block[changed[i]]);
    return result;
}

/** Notes in a register block that no system call is in progress. */
static inline void forget_call(uint64_t *block) {
    block[REG_ORIG_RAX] = UINT64_MAX;
}

/** Whether the stopped thread has state of a guest that the next system call ends. */
static inline int loses_state(int32_t tid) {
    (void)tid;
    return 0;
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

#endif
