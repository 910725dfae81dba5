// What facts about requests have to know about arm64: see amd64/own.h.
#ifndef STUBLAB_PROBE_FACTS_OWN_H
#define STUBLAB_PROBE_FACTS_OWN_H

#include "request.h"
#include <asm/ptrace.h>

#define PTRACE_C "arch/arm64/kernel/ptrace.c"

#define READS "GETREGSET"
static inline void read_registers(void) {
    get_regset(NT_PRSTATUS, BLOCK_SIZE);
}

static inline void set_result(uint64_t word) {
    put(&word, 1);
    set_regset(NT_PRSTATUS, 8);
}

enum { WORD_STACK = REG_SP };
#define WORD_ARGUMENTS 0, 1, 2, 3, 4, 5
#define CALL_CODE "svc"
#define BREAKPOINT "BRK"
#define BREAKPOINT_CODE "brk"
#define UNDEFINED "UDF"
#define UNDEFINED_CODE "udf"
enum { BREAKPOINT_SI_CODE = 1 /* TRAP_BRKPT */, UNDEFINED_SI_CODE = 1 /* ILL_ILLOPC */ };
enum { BREAKPOINT_HAS_ADDRESS = true };
enum { WORD_LOADED = 1 };
/** With 52 bits. */
#define USER_END (1ULL << 52)
#define RESULT_REGISTER "x0"
#define COUNTER "pc"
#define STACK_POINTER "sp"

#define OWN_REQUESTS                                                                               \
    {"PEEKMTETAGS", 33}, {                                                                         \
        "POKEMTETAGS", 34                                                                          \
    }
#define ABSENT_REQUESTS                                                                            \
    {"PEEKUSER", 3}, {"POKEUSER", 6}, {"GETREGS", 12}, {"SETREGS", 13}, {"GETFPREGS", 14},         \
        {"SETFPREGS", 15}, {"GETFPXREGS", 18}, {"SETFPXREGS", 19}, {"OLDSETOPTIONS", 21},          \
        {"GET_THREAD_AREA", 25}, {                                                                 \
        "ARCH_PRCTL", 30                                                                           \
    }
#define ABSENT_FACT "GETREGS, PEEKUSER and other requests of other architectures do not exist: EIO"
#define ABSENT_SOURCE "arch_ptrace, arch/arm64/kernel/ptrace.c"
#define UNKNOWN_REQUESTS                                                                           \
    {"10", 10}, {"11", 11}, {"20", 20}, {"22", 22}, {"23", 23}, {"27", 27}, {"29", 29},            \
        {"99", 99}, {"16895", 0x41ff}, {"20479", 0x4fff}, {"2147483647", 0x7fffffff},              \
        {"4294967303", 0x100000007}, {                                                             \
        "-1", -1                                                                                   \
    }

#endif
