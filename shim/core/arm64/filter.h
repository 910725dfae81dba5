// The parts of a seccomp filter that depend on arm64.
#ifndef STUBLAB_ARM64_FILTER_H
#define STUBLAB_ARM64_FILTER_H

#include <linux/audit.h>

/** The architecture of permitted calls: a call of 32-bit code kills the process. */
#define NATIVE_ARCH AUDIT_ARCH_AARCH64

/** There is no other table of calls, and no fork or vfork: it allows an instruction that is one. */
#define REFUSE_NATIVE JUMP(BPF_JEQ, __NR_ptrace, 0, 0)

#endif
