// What facts about requests have to know about amd64.
#ifndef STUBLAB_PROBE_FACTS_OWN_H
#define STUBLAB_PROBE_FACTS_OWN_H

#include "request.h"
#include <asm/ptrace-abi.h>

#define ARCH_PTRACE "arch_ptrace, arch/x86/kernel/ptrace.c"

/** The requests that read all registers, and a stub's own. */
#define READS "GETREGS"
static inline void read_registers(void) {
    read_answer(PTRACE_GETREGS, 0);
}

/** Writes the register that has a call's result. */
static inline void set_result(uint64_t word) {
    ask(PTRACE_POKEUSR, 8 * REG_RAX, word);
}

/** The stack pointer, and the registers with the arguments of a call. */
enum { WORD_STACK = REG_RSP };
#define WORD_ARGUMENTS REG_RDI, REG_RSI, REG_RDX, REG_R10, REG_R8, REG_R9
/** A system call, a breakpoint and an undefined instruction: the name, and a piece of code. */
#define CALL_CODE "syscall"
#define BREAKPOINT "INT3"
#define BREAKPOINT_CODE "int3"
#define UNDEFINED "UD2"
#define UNDEFINED_CODE "ud2"
/** Their si_code; whether the first one has si_addr. */
enum { BREAKPOINT_SI_CODE = 0x80 /* SI_KERNEL */, UNDEFINED_SI_CODE = 2 /* ILL_ILLOPN */ };
enum { BREAKPOINT_HAS_ADDRESS = false };
/** The register whose address the piece of code "load" reads. */
enum { WORD_LOADED = REG_RDI };
/** An address from which on programs have no memory, with four levels of page tables. */
#define USER_END (1ULL << 47)
/** A call's result, the program counter and the stack pointer. */
#define RESULT_REGISTER "rax"
#define COUNTER "rip"
#define STACK_POINTER "rsp"

/** Requests that need a stopped tracee, and those that are of 32-bit tracers only. */
#define OWN_REQUESTS                                                                               \
    {"PEEKUSER", 3}, {"POKEUSER", 6}, {"GETREGS", 12}, {"SETREGS", 13}, {"GETFPREGS", 14},         \
        {"SETFPREGS", 15}, {"GETFPXREGS", 18}, {"SETFPXREGS", 19}, {"OLDSETOPTIONS", 21},          \
        {"GET_THREAD_AREA", 25}, {"ARCH_PRCTL", 30}, {                                             \
        "SINGLEBLOCK", 33                                                                          \
    }
#define ABSENT_REQUESTS                                                                            \
    {"GETFPXREGS", 18}, {                                                                          \
        "SETFPXREGS", 19                                                                           \
    }
#define ABSENT_FACT "GETFPXREGS and SETFPXREGS are of 32-bit tracers: EIO"
#define ABSENT_SOURCE ARCH_PTRACE
/** Numbers of no request. */
#define UNKNOWN_REQUESTS                                                                           \
    {"10", 10}, {"11", 11}, {"20", 20}, {"22", 22}, {"23", 23}, {"27", 27}, {"29", 29},            \
        {"34", 34}, {"99", 99}, {"16895", 0x41ff}, {"20479", 0x4fff}, {"2147483647", 0x7fffffff},  \
        {"4294967303", 0x100000007}, {                                                             \
        "-1", -1                                                                                   \
    }

#endif
