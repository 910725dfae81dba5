// What depends on arm64 in the calling process: raw system calls, which of them there are, and
// operations without one.
#ifndef STUBLAB_ARM64_MACHINE_H
#define STUBLAB_ARM64_MACHINE_H

#include <asm/unistd.h>
#include <linux/audit.h>
#include <linux/mman.h>

/** A raw system call. Returns what the kernel returns: a value, or -errno. */
static inline long syscall6(long number, long a, long b, long c, long d, long e, long f) {
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = e;
    register long x5 __asm__("x5") = f;
    __asm__ volatile("svc #0"
                     : "+r"(x0)
                     : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                     : "memory");
    return x0;
}

#define syscall4(number, a, b, c, d) syscall6(number, a, b, c, d, 0, 0)
#define syscall3(number, a, b, c) syscall6(number, a, b, c, 0, 0, 0)
#define syscall2(number, a, b) syscall6(number, a, b, 0, 0, 0, 0)
#define syscall1(number, a) syscall6(number, a, 0, 0, 0, 0, 0)
#define syscall0(number) syscall6(number, 0, 0, 0, 0, 0, 0)

/** Bytes of a system call instruction. */
enum { SYSCALL_BYTES = 4 };

/** The architecture of permitted calls: a call of 32-bit code kills the process. */
#define NATIVE_ARCH AUDIT_ARCH_AARCH64

/** arm64 has a single table of calls, without fork and vfork, so there is nothing to refuse. */
#define REFUSE_NATIVE JUMP(BPF_JEQ, __NR_ptrace, 0, 0)

/** Bytes of a page: 4096, 16384 or 65536, as the kernel was built. It refuses other multiples. */
static inline long page_size(void) {
    long size = 4096;
    while (size < 65536 && syscall3(__NR_msync, size, 0, MS_ASYNC) != 0)
        size *= 4;
    return size;
}
#define PAGE_SIZE ((uint64_t)page_size())

/** A pause in a loop that waits for another processor. */
static inline void relax(void) {
    __asm__ volatile("yield");
}

/** The signature with which glibc registers rseq (RSEQ_SIG in <sys/rseq.h>): a BRK. */
enum { RSEQ_SIGNATURE = (int)0xd428bc00 };

/** The thread pointer: the base of glibc's __rseq_offset. */
static inline char *thread_pointer(void) {
    char *pointer = 0;
    __asm__("mrs %0, tpidr_el0" : "=r"(pointer));
    return pointer;
}

/** Negative: the number of the processor cannot be read without a system call. */
static inline int current_processor(void) {
    return -1;
}

/** Jumps to the stub code with the parent's pid in x7, as the bootstrap convention requires. */
__attribute__((noreturn)) static inline void enter_stub(unsigned long stub, unsigned long parent) {
    register unsigned long x7 __asm__("x7") = parent;
    __asm__ volatile("br %0" : : "r"(stub), "r"(x7));
    __builtin_unreachable();
}

#endif
