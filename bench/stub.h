// Stubs in plain C, by the system calls that stublab makes from TypeScript and in the same order.

#ifndef STUB_H
#define STUB_H

#include "bench.h"
#include <asm/ptrace-abi.h>
#include <asm/signal.h>
#include <linux/ptrace.h>
#include <sys/user.h>

enum { PAGE = 4096 };

struct stub {
    int pid;
    struct user_regs_struct initial; // rip at the SYSCALL of the injection site
};

#define PTRACE(request, pid, data) PTRACE_AT(request, pid, 0, data)
#define PTRACE_AT(request, pid, address, data)                                                     \
    check(#request, syscall4(__NR_ptrace, request, pid, (long)(address), (long)(data)))

// The status of the next stop: polls, then blocks.
int wait_for(int pid);

// True for a plain stop by `signal`; the status of a ptrace event stop has further bits.
bool stopped_by(int status, int signal);

// Executes a system call in a stub, and returns its result; an errno is a failure.
#define INJECT(stub, call, ...) inject(stub, "injected " #call, __NR_##call, (long[6]){__VA_ARGS__})

long inject(const struct stub *stub, const char *call, long number, const long args[6]);

// A stub that is forked, attached, and unmapped except for the stub code.
struct stub create_master(void);

// A stub that is cloned by the master, waited for, and attached.
void create_grandchild(const struct stub *master, struct stub *child);

// Kills a grandchild and reaps it twice: first by its tracer, then by its parent.
void destroy_grandchild(const struct stub *master, const struct stub *child);

#endif
