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

/** Makes a request by INT 0x80, as 32-bit tracers do: all data of the probe are below 4 GB. */
#define HAS_32_BIT_TRACERS 1
static inline int64_t ptrace_as_32_bits(int64_t request, int32_t tid, uint64_t address,
                                        void *data) {
    enum { IA32_NR_PTRACE = 26 };
    int64_t result = IA32_NR_PTRACE;
    __asm__ volatile("int $0x80"
                     : "+a"(result)
                     : "b"(request), "c"((int64_t)tid), "d"(address), "S"(data)
                     : "memory", "r8", "r9", "r10", "r11");
    return (int32_t)result;
}

/** The registers with the arguments of a call. */
#define WORD_ARGUMENTS REG_RDI, REG_RSI, REG_RDX, REG_R10, REG_R8, REG_R9
/** The register that has the address of a frame at the entry of a handler. */
#define WORD_STACK REG_RSP
/** A system call, and a breakpoint: pieces of code. */
#define CALL_CODE "syscall"
#define BREAKPOINT_CODE "int3"

#endif
