// What scripts of facts about requests have to know about arm64: see amd64/own.h.
#ifndef STUBLAB_PROBE_FACTS_OWN_H
#define STUBLAB_PROBE_FACTS_OWN_H

#include "request.h"
#include <asm/ptrace.h>

static inline void read_registers(void) {
    get_regset(NT_PRSTATUS, BLOCK_SIZE);
}

static inline void set_result(int64_t word) {
    put((const int64_t[]){0, word}, 2);
    set_regset(NT_PRSTATUS, 8);
}

#define WORD_ARGUMENTS 0, 1, 2, 3, 4, 5
#define WORD_STACK 31
#define CALL_CODE "svc"
#define BREAKPOINT_CODE "brk"

#endif
