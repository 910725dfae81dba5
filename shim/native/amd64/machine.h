/* amd64: a register block is struct user_regs_struct. */
#ifndef STUBLAB_NATIVE_MACHINE_H
#define STUBLAB_NATIVE_MACHINE_H

#include "native.h"

#include <asm/processor-flags.h>
#include <sys/user.h>

#define ENCODER_MACHINE EM_X86_64

/* The architecture's value in seccomp. */
#define MACHINE_AUDIT_ARCH AUDIT_ARCH_X86_64

/* The upper half of every address in the vsyscall page. */
#define VSYSCALL_HALF 0xffffffff

typedef struct user_regs_struct register_block;

/* clang-format off */
/* The registers that the kernel's pt_regs saves, in the order of the block, and those after them. */
#define SAVED_REGISTERS(each)                                                                      \
    each(r15, r15) each(r14, r14) each(r13, r13) each(r12, r12) each(rbp, rbp) each(rbx, rbx)      \
    each(r11, r11) each(r10, r10) each(r9, r9) each(r8, r8) each(rax, rax) each(rcx, rcx)          \
    each(rdx, rdx) each(rsi, rsi) each(rdi, rdi) each(orig_rax, orig_rax) each(rip, rip)           \
    each(cs, cs) each(eflags, eflags) each(rsp, rsp) each(ss, ss)
#define REGISTERS(each)                                                                            \
    SAVED_REGISTERS(each)                                                                          \
    each(fs_base, fs_base) each(gs_base, gs_base) each(ds, ds) each(es, es) each(fs, fs)           \
    each(gs, gs)
/* clang-format on */

/* The convention of syscall(2); at a stop, rax is already the result, and orig_rax has the number.
 */
#define CALL_TO_MAKE rax
#define CALL_MADE orig_rax
#define RESULT rax
#define ARGUMENTS(each) each(0, rdi) each(1, rsi) each(2, rdx) each(3, r10) each(4, r8) each(5, r9)

/* The bootstrap convention: docs/encoder-abi.md. */
#define PARENT r15
#define MARK rbx

/* The length of the instruction SYSCALL, 0f 05. */
#define PROGRAM_COUNTER rip
#define SYSCALL_LENGTH 2

/* orig_rax outside a system call: the kernel restarts nothing. */
#define NO_CALL UINT64_MAX

static inline void leave_call(register_block *registers) {
    registers->orig_rax = NO_CALL;
}

#endif
