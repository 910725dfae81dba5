// Stubs for the baselines. Every failure is reported on stderr and ends the program, and its stubs
// with it.

#ifndef STUB_H
#define STUB_H

#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/user.h>

#define PAGE 4096ul

struct stub {
    pid_t pid;
    struct user_regs_struct initial; // rip at the SYSCALL of the injection site
};

_Noreturn void fail_errno(const char *call, int error);
_Noreturn void fail(const char *call); // with errno
_Noreturn void fail_status(const char *call, pid_t pid, int status);

// CLOCK_MONOTONIC.
double microseconds(void);

#define PTRACE(request, pid, data) PTRACE_AT(request, pid, 0, data)
#define PTRACE_AT(request, pid, address, data)                                                     \
    trace(request, pid, address, (void *)(data), #request)

void trace(enum __ptrace_request request, pid_t pid, long address, void *data, const char *name);

// The status of the next stop: polls, then blocks.
int wait_for(pid_t pid);

// True for a plain stop by `signal`; the status of a ptrace event stop has further bits.
int stopped_by(int status, int signal);

// Executes a system call in a stub, and returns its result; an errno is a failure.
#define INJECT(stub, call, ...) inject(stub, "injected " #call, SYS_##call, (long[6]){__VA_ARGS__})

long inject(const struct stub *stub, const char *call, long number, const long args[6]);

// A stub that is forked, attached, and unmapped except for the stub code.
struct stub create_master(void);

// A stub that is cloned by the master, waited for, and attached.
void create_grandchild(const struct stub *master, struct stub *child);

void kill_stub(pid_t pid);

// Kills a grandchild and reaps it twice: first by its tracer, then by its parent.
void destroy_grandchild(const struct stub *master, const struct stub *child);

#endif
