/* arm64: a register block is struct user_pt_regs. */
#ifndef STUBLAB_NATIVE_MACHINE_H
#define STUBLAB_NATIVE_MACHINE_H

#include "native.h"

#include <asm/ptrace.h>

#define ENCODER_MACHINE EM_AARCH64

/* The architecture's value in seccomp. */
#define MACHINE_AUDIT_ARCH AUDIT_ARCH_AARCH64

typedef struct user_pt_regs register_block;

/* clang-format off */
#define REGISTERS(each)                                                                            \
    each(x0, regs[0]) each(x1, regs[1]) each(x2, regs[2]) each(x3, regs[3]) each(x4, regs[4])      \
    each(x5, regs[5]) each(x6, regs[6]) each(x7, regs[7]) each(x8, regs[8]) each(x9, regs[9])      \
    each(x10, regs[10]) each(x11, regs[11]) each(x12, regs[12]) each(x13, regs[13])                \
    each(x14, regs[14]) each(x15, regs[15]) each(x16, regs[16]) each(x17, regs[17])                \
    each(x18, regs[18]) each(x19, regs[19]) each(x20, regs[20]) each(x21, regs[21])                \
    each(x22, regs[22]) each(x23, regs[23]) each(x24, regs[24]) each(x25, regs[25])                \
    each(x26, regs[26]) each(x27, regs[27]) each(x28, regs[28]) each(x29, regs[29])                \
    each(x30, regs[30]) each(sp, sp) each(pc, pc) each(pstate, pstate)
/* clang-format on */

/* The convention of syscall(2). */
#define CALL_TO_MAKE regs[8]
#define CALL_MADE CALL_TO_MAKE
#define RESULT regs[0]
#define ARGUMENTS(each)                                                                            \
    each(0, regs[0]) each(1, regs[1]) each(2, regs[2]) each(3, regs[3]) each(4, regs[4])           \
        each(5, regs[5])

/* The bootstrap convention: docs/encoder-abi.md. */
#define PARENT regs[7]
#define MARK regs[9]

/* The length of SVC, and of every instruction. */
#define PROGRAM_COUNTER pc
#define SYSCALL_LENGTH 4

/* No register names a call to restart. */
static inline void leave_call(register_block *registers) {
    (void)registers;
}

#endif
