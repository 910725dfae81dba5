// The parts of a seccomp filter that depend on amd64.
#ifndef STUBLAB_AMD64_FILTER_H
#define STUBLAB_AMD64_FILTER_H

#include <linux/audit.h>

/** The architecture of permitted calls: a call of 32-bit code kills the process. */
#define NATIVE_ARCH AUDIT_ARCH_X86_64

/** The first number of an x32 call (__X32_SYSCALL_BIT), which has the same architecture. */
#define X32_CALLS 0x40000000U

/** Refuses x32 calls, and the ways to create a process that only old architectures have. */
#define REFUSE_NATIVE                                                                              \
    JUMP(BPF_JGE, X32_CALLS, 0, 1), ANSWER(SECCOMP_RET_ERRNO | EPERM), REFUSE(fork), REFUSE(vfork)

#endif
