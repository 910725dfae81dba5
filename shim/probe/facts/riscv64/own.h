// What scripts of facts about requests have to know about riscv64: see ../amd64/own.h.
#ifndef STUBLAB_PROBE_FACTS_OWN_H
#define STUBLAB_PROBE_FACTS_OWN_H

#include "request.h"

static inline void read_registers(void) {
    get_regset(NT_PRSTATUS, BLOCK_SIZE);
}

/** Writes a word of the block, and those before it as they are. */
static inline void set_result(int64_t word) {
    read_registers();
    put((const int64_t[]){8 * WORD_RESULT, word}, 2);
    set_regset(NT_PRSTATUS, 8 * (WORD_RESULT + 1));
}

#define WORD_ARGUMENTS REG_A0, REG_A0 + 1, REG_A0 + 2, REG_A0 + 3, REG_A0 + 4, REG_A0 + 5
#define WORD_STACK REG_SP
#define CALL_CODE "ecall"
#define BREAKPOINT_CODE "ebreak"

/** The kernel keeps it in a header of its own: arch/riscv/include/asm/ptrace.h. */
#ifndef PTRACE_SYSEMU
#define PTRACE_SYSEMU 31
#endif

#endif
