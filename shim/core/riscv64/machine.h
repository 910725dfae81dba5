// What depends on riscv64 in the calling process, which is the probe only: see ../arm64/machine.h.
#ifndef STUBLAB_RISCV64_MACHINE_H
#define STUBLAB_RISCV64_MACHINE_H

#include <asm/unistd.h>
#include <linux/audit.h>

/** A raw system call. Returns what the kernel returns: a value, or -errno. */
static inline long syscall6(long number, long a, long b, long c, long d, long e, long f) {
    register long a7 __asm__("a7") = number;
    register long a0 __asm__("a0") = a;
    register long a1 __asm__("a1") = b;
    register long a2 __asm__("a2") = c;
    register long a3 __asm__("a3") = d;
    register long a4 __asm__("a4") = e;
    register long a5 __asm__("a5") = f;
    __asm__ volatile("ecall"
                     : "+r"(a0)
                     : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5)
                     : "memory");
    return a0;
}

#define syscall4(number, a, b, c, d) syscall6(number, a, b, c, d, 0, 0)
#define syscall3(number, a, b, c) syscall6(number, a, b, c, 0, 0, 0)
#define syscall2(number, a, b) syscall6(number, a, b, 0, 0, 0, 0)
#define syscall1(number, a) syscall6(number, a, 0, 0, 0, 0, 0)
#define syscall0(number) syscall6(number, 0, 0, 0, 0, 0, 0)

/** Bytes of a system call instruction, and of a page. */
enum { SYSCALL_BYTES = 4, PAGE_SIZE = 4096 };

#define NATIVE_ARCH AUDIT_ARCH_RISCV64

/**
 * There is no restorer: a handler returns to the vDSO. The kernel reads the mask from the place
 * where struct kernel_sigaction has the restorer, which is 0 in the assembler files: an empty mask.
 */
#define SA_RESTORER 0

/** The signature with which glibc registers rseq (RSEQ_SIG in <sys/rseq.h>). */
enum { RSEQ_SIGNATURE = (int)0xf1401073 };

static inline char *thread_pointer(void) {
    char *pointer = 0;
    __asm__("mv %0, tp" : "=r"(pointer));
    return pointer;
}

/** Negative: the number of the processor cannot be read without a system call. */
static inline int current_processor(void) {
    return -1;
}

/** Jumps to the stub code with the parent's pid in s1, as the bootstrap convention requires. */
__attribute__((noreturn)) static inline void enter_stub(unsigned long stub, unsigned long parent) {
    register unsigned long s1 __asm__("s1") = parent;
    __asm__ volatile("jr %0" : : "r"(stub), "r"(s1));
    __builtin_unreachable();
}

#endif
