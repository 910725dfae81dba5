// What the probe has to know about riscv64, beyond what the encoder computes.
#ifndef STUBLAB_PROBE_HOST_H
#define STUBLAB_PROBE_HOST_H

#include "registers.h"

/** Whether there is a model of the machine, and setups are tried. */
enum { HAS_MODEL = 0 };

/** Words of a register block: the result of a call, its number, the program counter, and what is 1
 * in a new clone: s2. */
enum { WORD_RESULT = REG_A0, WORD_NUMBER = REG_A7, WORD_COUNTER = REG_PC, WORD_MARK = REG_S2 };

/** With 57 bits, half of which are the kernel's; most machines have 39 or 48. */
#define MOST_USER_SPACE (1ULL << 56)

/** A filter sees every call, and there is no vsyscall page. */
#define UNSEEN_CALLS                                                                               \
    { 0 }
#define VSYSCALL_HALF 0U

#endif
