// What depends on amd64 in the calling process: raw system calls, which of them there are, and
// operations without one.
#ifndef STUBLAB_AMD64_MACHINE_H
#define STUBLAB_AMD64_MACHINE_H

#include <asm/unistd.h>
#include <linux/audit.h>

/** A raw system call. Returns what the kernel returns: a value, or -errno. */
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

/** Bytes of a system call instruction. */
enum { SYSCALL_BYTES = 2 };

/** The architecture of permitted calls: a call of 32-bit code kills the process. */
#define NATIVE_ARCH AUDIT_ARCH_X86_64

/** The first number of an x32 call (__X32_SYSCALL_BIT), which has the same architecture. */
#define X32_CALLS 0x40000000U

/** Refuses x32 calls, and the ways to create a process that only old architectures have. */
#define REFUSE_NATIVE                                                                              \
    JUMP(BPF_JGE, X32_CALLS, 0, 1), ANSWER(SECCOMP_RET_ERRNO | EPERM), REFUSE(fork), REFUSE(vfork)

enum { PAGE_SIZE = 4096 };

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
 * arch/x86/include/asm/segment.h). Negative if the kernel does not set up that segment, as User
 * Mode Linux.
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
