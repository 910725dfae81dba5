// Raw system calls. They return what the kernel returns: a value, or -errno.
#ifndef STUBLAB_SYSCALL_AMD64_H
#define STUBLAB_SYSCALL_AMD64_H

#include <asm/unistd.h>

static inline long syscall6(long number, long a, long b, long c, long d, long e, long f) {
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    long result = 0;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

#define syscall4(number, a, b, c, d) syscall6(number, a, b, c, d, 0, 0)
#define syscall3(number, a, b, c) syscall6(number, a, b, c, 0, 0, 0)
#define syscall2(number, a, b) syscall6(number, a, b, 0, 0, 0, 0)
#define syscall1(number, a) syscall6(number, a, 0, 0, 0, 0, 0)
#define syscall0(number) syscall6(number, 0, 0, 0, 0, 0, 0)

/** The thread pointer: what glibc's __rseq_offset counts from. */
static inline char *thread_pointer(void) {
    char *pointer = 0;
    __asm__("mov %%fs:0, %0" : "=r"(pointer));
    return pointer;
}

/**
 * The processor that the calling thread runs on, without a system call: Linux keeps it in the
 * limit of a segment that anyone may read (__CPUNODE_SEG, arch/x86/include/asm/segment.h), below
 * the node. Negative if there is no such segment, as in User Mode Linux.
 */
static inline int segment_processor(void) {
    unsigned int limit = 0;
    int readable = 0;
    __asm__ volatile("lsl %2, %0" : "=r"(limit), "=@ccz"(readable) : "r"(0x7bU));
    return readable ? (int)(limit & 0xfff) : -1;
}

/** Jumps to the stub code with the parent's pid where the bootstrap convention wants it. */
__attribute__((noreturn)) static inline void enter_stub(unsigned long stub, unsigned long parent) {
    register unsigned long r15 __asm__("r15") = parent;
    __asm__ volatile("jmp *%0" : : "a"(stub), "r"(r15));
    __builtin_unreachable();
}

#endif
