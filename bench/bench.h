// What the plain C side of `stublab bench` is made of. It is a static program without a C library,
// so that it measures on any machine what a program in C pays, and nothing else.

#ifndef BENCH_H
#define BENCH_H

#include "machine.h"
#include <stdbool.h>
#include <stdint.h>

// A way to drive another process, or a part of one.
struct mechanism {
    const char *name;
    void (*prepare)(void);
    // Runs it `count` times, and returns the nanoseconds that this took.
    int64_t (*run)(long count);
};

// Each ends with an entry without a name.
extern const struct mechanism stub_mechanisms[], floor_mechanisms[], seccomp_mechanisms[],
    signal_mechanisms[], setup_mechanisms[];

// The processor that this process is bound to, and another one, or -1.
extern int processor, other_processor;

// Prints why this mechanism cannot be measured, and ends the program.
_Noreturn void fail(const char *call, long result);
_Noreturn void fail_because(const char *reason);

// Makes a system call that must succeed.
#define CALL(name, ...) check(#name, SELECT(__VA_ARGS__, 6, 5, 4, 3, 2, 1)(name, __VA_ARGS__))
#define SELECT(a, b, c, d, e, f, count, ...) CALL##count
#define CALL1(name, a) syscall6(__NR_##name, (long)(a), 0, 0, 0, 0, 0)
#define CALL2(name, a, b) syscall6(__NR_##name, (long)(a), (long)(b), 0, 0, 0, 0)
#define CALL3(name, a, b, c) syscall6(__NR_##name, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define CALL4(name, a, b, c, d)                                                                    \
    syscall6(__NR_##name, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)
#define CALL5(name, a, b, c, d, e)                                                                 \
    syscall6(__NR_##name, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)
#define CALL6(name, a, b, c, d, e, f)                                                              \
    syscall6(__NR_##name, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

static inline long check(const char *call, long result) {
    if (result < 0 && result >= -4095)
        fail(call, result);
    return result;
}

static inline int own_pid(void) {
    return (int)syscall0(__NR_getpid);
}

// CLOCK_MONOTONIC.
int64_t nanoseconds(void);

// Zeroed memory. Children share it if `shared`, else each has a copy.
void *memory(unsigned long size, bool shared);

void bind_to(int pid, int cpu);

// A child that runs a function; it dies with this process.
int start_child(void (*run)(void));

// Installs a handler of a signal: signals.c.
void handle(int signal, void (*handler)(int, void *, void *), unsigned long flags);

#endif
