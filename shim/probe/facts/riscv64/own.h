// What facts about requests have to know about riscv64: see ../amd64/own.h.
#ifndef STUBLAB_PROBE_FACTS_OWN_H
#define STUBLAB_PROBE_FACTS_OWN_H

#include "request.h"

#define PTRACE_C "arch/riscv/kernel/ptrace.c"

#define READS "GETREGSET"
static inline void read_registers(void) {
    get_regset(NT_PRSTATUS, BLOCK_SIZE);
}

/** Writes a word of the block, and those before it as they are. */
static inline void set_register(uint32_t index, uint64_t word) {
    read_registers();
    memcpy(&answer[8 * index], &word, sizeof word);
    set_regset(NT_PRSTATUS, 8 * (index + 1));
}

static inline void set_result(uint64_t word) {
    set_register(WORD_RESULT, word);
}

enum { WORD_STACK = REG_SP };
#define WORD_ARGUMENTS REG_A0, REG_A0 + 1, REG_A0 + 2, REG_A0 + 3, REG_A0 + 4, REG_A0 + 5
#define CALL_CODE "ecall"
#define BREAKPOINT "EBREAK"
#define BREAKPOINT_CODE "ebreak"
#define UNDEFINED "UNIMP"
#define UNDEFINED_CODE "unimp"
enum { BREAKPOINT_SI_CODE = 1 /* TRAP_BRKPT */, UNDEFINED_SI_CODE = 1 /* ILL_ILLOPC */ };
enum { BREAKPOINT_HAS_ADDRESS = true };
enum { WORD_LOADED = REG_A0 + 1 };
/** With 57 bits. */
#define USER_END (1ULL << 56)
#define RESULT_REGISTER "a0"
#define COUNTER "pc"
#define STACK_POINTER "sp"

/** The kernel keeps it in a header of its own: arch/riscv/include/asm/ptrace.h. */
#ifndef PTRACE_SYSEMU
#define PTRACE_SYSEMU 31
#endif

#define OWN_REQUESTS                                                                               \
    { "GETFDPIC", 33 }
#define ABSENT_REQUESTS                                                                            \
    {"PEEKUSER", 3}, {"POKEUSER", 6}, {"GETREGS", 12}, {"SETREGS", 13}, {"GETFPREGS", 14},         \
        {"SETFPREGS", 15}, {"OLDSETOPTIONS", 21}, {"GET_THREAD_AREA", 25}, {                       \
        "ARCH_PRCTL", 30                                                                           \
    }
#define ABSENT_FACT "GETREGS, PEEKUSER and other requests of other architectures do not exist: EIO"
#define ABSENT_SOURCE "arch_ptrace, " PTRACE_C
#define UNKNOWN_REQUESTS                                                                           \
    {"10", 10}, {"11", 11}, {"20", 20}, {"22", 22}, {"23", 23}, {"27", 27}, {"29", 29},            \
        {"34", 34}, {"99", 99}, {"16895", 0x41ff}, {"20479", 0x4fff}, {"2147483647", 0x7fffffff},  \
    {                                                                                              \
        "-1", -1                                                                                   \
    }

#endif
