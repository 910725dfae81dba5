// What the probe has to know about amd64, beyond what the encoder computes:
// src/core/machine/amd64.ts.
#ifndef STUBLAB_PROBE_HOST_H
#define STUBLAB_PROBE_HOST_H

#include "register_indices.h"

/** Whether there is a model of the machine, and setups are tried; and whether stubs take setups
 * from frames by themselves. */
enum { HAS_MODEL = 1, HAS_RETURNER = 1 };

/** Words of a register block: the result of a call, its number, and that of one that is restarted;
 * the program counter, the flags, and what is 1 in a new clone; and the flags in a signal frame. */
enum {
    WORD_RESULT = REG_RAX,
    WORD_NUMBER = REG_RAX,
    WORD_RESTARTED = REG_ORIG_RAX,
    WORD_COUNTER = REG_RIP,
    WORD_FLAGS = REG_EFLAGS,
    WORD_MARK = REG_RBX,
    FRAME_FLAGS = FRAME_EFLAGS
};

/** TASK_SIZE_MAX with page tables of four levels. */
#define MOST_USER_SPACE 0x7ffffffff000ULL

/** Calls that a filter does not see, on kernels that have them: uretprobe and uprobe. */
#define UNSEEN_CALLS                                                                               \
    { 335, 336 }
/** The upper half of every address in the vsyscall page. */
#define VSYSCALL_HALF 0xffffffffU

/** What disturber.S takes: the number of a call and two arguments, the address of a word, turns,
 * and a call with three arguments. */
#define DISTURBER_REGISTERS                                                                        \
    { REG_RAX, REG_RDI, REG_RSI, REG_R9, REG_R12, REG_R13, REG_RBP, REG_R14, REG_R15 }

/** What the canary has: names of its registers, and the number of its register `n`. */
#define STATUS_REGISTER "mxcsr"
#define CONTROL_REGISTER "the x87 control word"
#define VECTOR_REGISTER(wide) ((wide) != 0 ? "ymm" : "xmm")
#define VECTOR_NUMBER(n) (n)

#endif
