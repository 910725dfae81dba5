// What the probe has to know about amd64, beyond what the encoder computes: src/stub/amd64.ts.
#ifndef STUBLAB_PROBE_HOST_H
#define STUBLAB_PROBE_HOST_H

#include "register_indices.h"
#include <stdbool.h>
#include <stdint.h>

/** Words of a register block: the result of a call, the program counter, and what is 1 in a new
 * clone. */
enum { WORD_RESULT = REG_RAX, WORD_COUNTER = REG_RIP, WORD_MARK = REG_RBX };

/** TASK_SIZE_MAX with page tables of four levels. */
#define MOST_USER_SPACE 0x7ffffffff000ULL

struct machine {
    uint64_t features;
    uint32_t xstate_length, xfeatures, mxcsr_mask;
    bool avx;
};

#endif
