// Operations of a process that depend on arm64.
#ifndef STUBLAB_ARM64_PROCESS_H
#define STUBLAB_ARM64_PROCESS_H

#include "syscall.h"
#include <linux/mman.h>

/** Bytes of a page: 4096, 16384 or 65536, as the kernel was built. It refuses other multiples. */
static inline long page_size(void) {
    long size = 4096;
    while (size < 65536 && syscall3(__NR_msync, size, 0, MS_ASYNC) != 0)
        size *= 4;
    return size;
}
#define PAGE_SIZE ((uint64_t)page_size())

/** Bytes of a system call instruction. */
enum { SYSCALL_BYTES = 4 };

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

/** The processor on which the calling thread runs. */
static inline int current_processor(void) {
    unsigned int processor = 0;
    return syscall3(__NR_getcpu, (long)&processor, 0, 0) == 0 ? (int)processor : -1;
}

/** Jumps to the stub code with the parent's pid in x7, as the bootstrap convention requires. */
__attribute__((noreturn)) static inline void enter_stub(unsigned long stub, unsigned long parent) {
    register unsigned long x7 __asm__("x7") = parent;
    __asm__ volatile("br %0" : : "r"(stub), "r"(x7));
    __builtin_unreachable();
}

#endif
