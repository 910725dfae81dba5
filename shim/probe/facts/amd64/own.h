// What scripts of facts about requests have to know about amd64.
#ifndef STUBLAB_PROBE_FACTS_OWN_H
#define STUBLAB_PROBE_FACTS_OWN_H

#include "request.h"
#include <asm/ptrace-abi.h>

/** Reads all registers. */
static inline void read_registers(void) {
    read_answer(PTRACE_GETREGS, 0);
}

/** Writes the register that has a call's result. */
static inline void set_result(int64_t word) {
    ask(PTRACE_POKEUSR, 8 * REG_RAX, word);
}

/** The registers with the arguments of a call. */
#define WORD_ARGUMENTS REG_RDI, REG_RSI, REG_RDX, REG_R10, REG_R8, REG_R9
/** A system call, and a breakpoint: pieces of code. */
#define CALL_CODE "syscall"
#define BREAKPOINT_CODE "int3"

#endif
