// Operations of a process that depend on amd64.
#ifndef STUBLAB_AMD64_PROCESS_H
#define STUBLAB_AMD64_PROCESS_H

enum { PAGE_SIZE = 4096 };

/** Bytes of a system call instruction. */
enum { SYSCALL_BYTES = 2 };

/** A pause in a loop that waits for another processor. */
static inline void relax(void) {
    __asm__ volatile("pause");
}

/** The signature with which glibc registers rseq (RSEQ_SIG in <sys/rseq.h>). */
enum { RSEQ_SIGNATURE = 0x53053053 };

/** The thread pointer: the base of glibc's __rseq_offset. */
static inline char *thread_pointer(void) {
    char *pointer = 0;
    __asm__("mov %%fs:0, %0" : "=r"(pointer));
    return pointer;
}

/**
 * The processor on which the calling thread runs, read without a system call: Linux stores it in
 * the low bits of the limit of a segment that user code may read (__CPUNODE_SEG,
 * arch/x86/include/asm/segment.h). Negative if there is no such segment, as in User Mode Linux.
 */
static inline int current_processor(void) {
    unsigned int limit = 0;
    int readable = 0;
    __asm__ volatile("lsl %2, %0" : "=r"(limit), "=@ccz"(readable) : "r"(0x7bU));
    return readable ? (int)(limit & 0xfff) : -1;
}

/** Jumps to the stub code with the parent's pid in R15, as the bootstrap convention requires. */
__attribute__((noreturn)) static inline void enter_stub(unsigned long stub, unsigned long parent) {
    register unsigned long r15 __asm__("r15") = parent;
    __asm__ volatile("jmp *%0" : : "a"(stub), "r"(r15));
    __builtin_unreachable();
}

#endif
