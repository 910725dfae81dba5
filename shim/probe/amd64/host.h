// What the probe has to know about amd64, beyond what the encoder computes:
// src/core/machine/amd64.ts.
#ifndef STUBLAB_PROBE_HOST_H
#define STUBLAB_PROBE_HOST_H

#include "register_indices.h"

/** Words of a register block: the result of a call, the program counter, the flags, and what is 1
 * in a new clone; and the flags in a signal frame. */
enum {
    WORD_RESULT = REG_RAX,
    WORD_COUNTER = REG_RIP,
    WORD_FLAGS = REG_EFLAGS,
    WORD_MARK = REG_RBX,
    FRAME_FLAGS = FRAME_EFLAGS
};

/** TASK_SIZE_MAX with page tables of four levels. */
#define MOST_USER_SPACE 0x7ffffffff000ULL

#endif
