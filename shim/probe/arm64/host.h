// What the probe has to know about arm64, beyond what the encoder computes:
// src/core/machine/arm64.ts.
#ifndef STUBLAB_PROBE_HOST_H
#define STUBLAB_PROBE_HOST_H

enum { HAS_MODEL = 1, HAS_RETURNER = 0 };

/** Words of a register block: the result of a call, its number, and that of one that is restarted;
 * the program counter, the flags, and what is 1 in a new clone: x9; and the flags in a signal
 * frame. */
enum { WORD_RESULT = 0, WORD_NUMBER = 8, WORD_RESTARTED = 8 };
enum { WORD_COUNTER = 32, WORD_FLAGS = 33, WORD_MARK = 9, FRAME_FLAGS = 34 };

/** With 52 bits; most kernels have 48, some 39. */
#define MOST_USER_SPACE (1ULL << 52)

/** A filter sees every call, and there is no vsyscall page. */
#define UNSEEN_CALLS                                                                               \
    { 0 }
#define VSYSCALL_HALF 0U

/** What disturber.S takes: see ../amd64/host.h. */
#define DISTURBER_REGISTERS                                                                        \
    { 8, 0, 1, 19, 20, 21, 22, 23, 24 }

/** What the canary has: names of its registers, and the number of its register `n`. */
#define STATUS_REGISTER "fpsr"
#define CONTROL_REGISTER "fpcr"
#define VECTOR_REGISTER(wide) ((void)(wide), "q")
#define VECTOR_NUMBER(n) ((n) < 8 ? (n) : (n) + 8)

#endif
