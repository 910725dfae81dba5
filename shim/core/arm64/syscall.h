// Raw system calls on arm64. They return what the kernel returns: a value, or -errno.
#ifndef STUBLAB_ARM64_SYSCALL_H
#define STUBLAB_ARM64_SYSCALL_H

#include <asm/unistd.h>

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

#endif
